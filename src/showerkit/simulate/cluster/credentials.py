"""Certificates for one run: only this user's processes may talk to a scheduler that is started for it.

A Dask scheduler runs what its clients send. Without certificates, everybody who can reach its port, such as
all users of a shared machine, could run programs as the user who started it.
"""

from __future__ import annotations

import uuid
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from showerkit.errors import ClusterError, MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ROLES: Final = ("scheduler", "worker", "client")
#: What is written, by Dask's names: the authority's certificate, and for each role a certificate and a key.
FILES: Final = ("tls_ca_file", *(f"tls_{role}_{part}" for role in _ROLES for part in ("cert", "key")))


@contextmanager
def temporary_credentials(folder: Path) -> Iterator[Any]:
    """Write certificates and keys of their own for one run, which are removed after it.

    Parameters
    ----------
    folder
        Folder that all machines of the cluster see; what is written into it, only its owner can read.

    Yields
    ------
    distributed.Security
        The credentials, by the names of their files.

    Raises
    ------
    ClusterError
        If the folder cannot be written.
    MissingDependencyError
        If the package that makes certificates is not installed.
    """
    from distributed import Security

    try:
        made = Security.temporary()
    except ImportError:
        raise MissingDependencyError(
            "cryptography is not installed", mend="pip install 'showerkit[cluster]'"
        ) from None
    own = folder.absolute() / f".credentials-{uuid.uuid4().hex}"
    texts = {name: getattr(made, name) for name in FILES}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        own.mkdir(mode=0o700)
        for name, text in texts.items():
            (own / f"{name}.pem").touch(mode=0o600)
            (own / f"{name}.pem").write_text(text, encoding="ascii")
    except OSError as failure:
        raise ClusterError(
            f"the cluster's folder {folder}", got=failure.strerror, expected="a folder that can be written"
        ) from None
    try:
        yield Security(**{name: str(own / f"{name}.pem") for name in texts}, require_encryption=True)
    finally:
        with suppress(OSError):
            for name in texts:
                (own / f"{name}.pem").unlink(missing_ok=True)
            own.rmdir()
