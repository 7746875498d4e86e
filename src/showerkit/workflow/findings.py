"""What an examination of the installation gives: one line for everything looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One line of a diagnosis.

    Parameters
    ----------
    name
        What was looked at.
    mark
        ``ok``, ``absent`` (optional and not there), ``check`` (there, but perhaps not as it should be) or
        ``MISSING`` (essential and not there).
    detail
        Version, place, or what is wrong and how to mend it.
    """

    name: str
    mark: Literal["ok", "absent", "check", "MISSING"]
    detail: str


@dataclass(frozen=True)
class Diagnosis:
    """All findings of `doctor`."""

    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing essential is missing."""
        return all(finding.mark != "MISSING" for finding in self.findings)
