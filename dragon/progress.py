"""One look for every progress bar: shown only when the work takes more than two seconds."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")


def progress(items: Iterable[T], desc: str, unit: str = "it", total: int | None = None) -> Iterator[T]:
    """Iterate with a bar on stderr that appears after two seconds."""
    yield from tqdm(items, desc=desc, unit=unit, total=total, delay=2, mininterval=0.5, leave=False, dynamic_ncols=True)
