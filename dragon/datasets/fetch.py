"""Files of named collections: taken from ir_datasets' cache, or fetched by ir_datasets when the user allows it.

The network is asked only with ``DRAGON_DOWNLOAD=1``. ir_datasets streams into a temporary neighbour, resumes where a
host can, checks the md5 and renames; what it trusts afterwards because it is there is hashed again here.
"""

import hashlib
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from dragon.datasets.rows import File
from dragon.errors import ArtifactError

ALLOWED = "DRAGON_DOWNLOAD"
HOME = "IR_DATASETS_HOME"


def home() -> Path:
    """Where ir_datasets keeps what it has fetched."""
    return Path(os.environ.get(HOME) or Path.home() / ".ir_datasets").expanduser()


def fetched(file: File, where: str) -> Path:
    """The file on this machine, its md5 checked.

    Args:
        file: what is wanted.
        where: the key that asks for it; it opens every message.

    Raises:
        ArtifactError: it is not there and the network is not allowed; it cannot be had (status, time-out, cut short);
            or its md5 is another.
    """
    path = home() / file.cache
    if not path.exists():
        _obtain(file, path, where)
    if (found := _md5(path, path.stat().st_size, path.stat().st_mtime_ns)) != file.md5:
        advice = f"delete it and run again with {ALLOWED}=1, or put the file with that md5 there"
        raise ArtifactError(f"{where}: {path}: found md5 {found}, expected {file.md5}; {advice}")
    return path


def _obtain(file: File, path: Path, where: str) -> None:
    """Put the file there with ir_datasets: from ``downloads/<md5>``, else from its hosts."""
    seeded, allowed = home() / "downloads" / file.md5, os.environ.get(ALLOWED) == "1"
    if not allowed and not seeded.exists():
        size = f" ({file.bytes:,} bytes)" if file.bytes else ""
        raise ArtifactError(
            f"{where}: {path} is not there; `export {ALLOWED}=1` allows to fetch it from {file.url}{size}, "
            f"or put the file at that place, or as {seeded}"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    from ir_datasets.util import Download, LocalDownload  # here: most scales fetch nothing

    sources: list[Any] = [LocalDownload(seeded, mkdir=False)] if seeded.exists() else []
    sources += [_host()(url) for url in (file.url, file.mirror) if url and allowed]
    try:
        Download(sources, str(path), file.md5, size_hint=file.bytes if allowed else None).path()
    except (OSError, RuntimeError) as error:  # of requests, of the hash, of a full disk
        tried = " and ".join(url for url in (file.url, file.mirror) if url) if allowed else str(seeded)
        advice = "try again later, or put the file there by hand"
        raise ArtifactError(f"{where}: {path} cannot be had from {tried} ({_reason(error)}); {advice}") from None


@cache
def _host() -> Any:
    """ir_datasets' download that also looks at the status: it would hash the page that says 404."""
    from ir_datasets.util import RequestsDownload

    class Host(RequestsDownload):
        def _iter_response_data(self, response: Any, http_args: dict[str, Any], skip: int) -> Iterator[bytes]:
            response.raise_for_status()
            yield from super()._iter_response_data(response, http_args, skip)

    return Host


def _reason(error: Exception) -> str:
    """The last thing that went wrong, on one line."""
    causes = error.args[1] if len(error.args) == 2 and isinstance(error.args[1], list) else []
    said = "; ".join(str(cause) for _, cause in causes) or str(error) or type(error).__name__
    return " ".join(said.split())[:300]


@cache
def _md5(path: Path, size: int, changed: int) -> str:
    """md5 of a file, once in a process while size and time of change stay: one zip holds 12 collections."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()
