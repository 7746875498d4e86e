"""The kinds of samples of jets that are simulated in blocks of events."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from showerkit.errors import MissingDependencyError
from showerkit.simulate.jets.client import PACKAGES
from showerkit.simulate.jets.events import EVENTS_PER_BLOCK

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from numpy.typing import NDArray


class EventJets(Protocol):
    """Jets that know their events; a dataclass of arrays."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def event_id(self) -> NDArray[Any]:
        """Numbers of the jets' events."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: slice) -> Self: ...


JetsT = TypeVar("JetsT", bound=EventJets)


@dataclass(frozen=True)
class JetForm(Generic[JetsT]):
    """How one kind of jets is kept.

    Parameters
    ----------
    record
        Makes them of their columns.
    file
        Opens a file of them.
    writer
        Writes a file of them, from its path and metadata.
    mend
        What to change if no jet passes the cuts.
    """

    record: Callable[..., JetsT]
    file: Callable[[Any], Any]
    writer: Callable[..., Any]
    mend: str


def software_versions() -> dict[str, str]:
    """Versions of what makes jets.

    Raises
    ------
    MissingDependencyError
        If Pythia 8 or FastJet is not installed.
    """
    try:
        return {name: version(name) for name in PACKAGES}
    except PackageNotFoundError as missing:
        raise MissingDependencyError(
            f"{missing.name} is not installed", mend="pip install 'showerkit[jets]'"
        ) from None


def pythia_name(versions: dict[str, str]) -> str:
    """Name and version of the generator.

    Examples
    --------
    >>> pythia_name({"pythia8mc": "8.317.2"})
    'Pythia 8.317'
    """
    return f"Pythia {'.'.join(versions['pythia8mc'].split('.')[:2])}"


def jet_plan(metadata: Any) -> dict[str, Any]:
    """Everything that decides the jets and their division into blocks, as JSON values."""
    return {"events_per_block": EVENTS_PER_BLOCK, **metadata.model_dump(mode="json")}
