"""Files inside archives: read as a stream by their exact name, or unpacked into a folder that nothing leaves."""

import gzip
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dragon.errors import ArtifactError
from dragon.progress import progress


@dataclass(frozen=True)
class Member:
    """A file of a ``.zip`` or ``.tar.gz``; it opens as a path does, for reading, and is never unpacked."""

    archive: Path
    inside: str

    def __str__(self) -> str:
        return f"{self.archive}/{self.inside}"

    @property
    def name(self) -> str:
        return Path(self.inside).name

    @contextmanager
    def open(self, mode: str = "rb") -> Iterator[IO[bytes]]:
        """Yield the file's bytes from its beginning.

        Raises:
            ArtifactError: the archive holds no such file.
        """
        reader = _of_zip if zipfile.is_zipfile(self.archive) else _of_tar
        with reader(self.archive, self.inside) as file:
            if file is None:
                raise ArtifactError(f"{self.archive}: holds no file {self.inside}; it is another archive")
            yield file


@dataclass(frozen=True)
class Gzip:
    """A single file in a ``.gz``; it opens as a path does, for reading."""

    archive: Path

    def __str__(self) -> str:
        return str(self.archive)

    @property
    def name(self) -> str:
        return self.archive.stem

    def open(self, mode: str = "rb") -> IO[bytes]:
        """The file's bytes from its beginning."""
        return gzip.open(self.archive, "rb")


@contextmanager
def _of_zip(archive: Path, inside: str) -> Iterator[IO[bytes] | None]:
    with zipfile.ZipFile(archive) as opened:
        if inside not in opened.namelist():
            yield None
            return
        with opened.open(inside) as file:
            yield file


@contextmanager
def _of_tar(archive: Path, inside: str) -> Iterator[IO[bytes] | None]:
    with tarfile.open(archive, "r|gz") as opened:
        found = next((one for one in opened if one.name.removeprefix("./") == inside and one.isfile()), None)
        yield opened.extractfile(found) if found else None


def unpacked(archive: Path, folder: Path) -> Path:
    """Unpack a ``.tar.gz`` as ``folder``: whole, or not at all.

    Raises:
        ArtifactError: a member is a link or a device, or would lie outside the folder; the archive cannot be read.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.", suffix=".part"))
    try:
        with tarfile.open(archive, "r|gz") as opened:
            for member in progress(opened, f"unpacking {archive.name}", "file"):
                if not (member.isfile() or member.isdir()):
                    raise ArtifactError(f"{archive}: {member.name}: found a link or a device, allowed: files")
                opened.extract(member, part, filter="data")
        part.replace(folder)
    except tarfile.FilterError as error:
        said = " ".join(str(error).split())
        raise ArtifactError(f"{archive}: {said}; nothing of it was kept, do not use this archive") from None
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ArtifactError(f"{archive}: cannot be unpacked ({error}); delete it and fetch it again") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder
