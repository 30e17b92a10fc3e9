"""A figure's SVG file as a part of an HTML page: ids of its own, nothing from outside, as wide as there is room."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree

from markupsafe import Markup

from dragon.errors import ArtifactError

_DROPPED = {"metadata", "script", "foreignObject", "title"}
_HREF = "{http://www.w3.org/1999/xlink}href"
_URL = re.compile(r"url\(#([^)]+)\)")


def inline(path: Path, name: str, label: str) -> Markup:
    """The ``svg`` element of a file, every id opening with ``name``; ``label`` is what a screen reader says.

    Scripts, event handlers, and references to anything but the file's own elements are dropped.

    Raises:
        ArtifactError: the file is missing or not SVG.
    """
    if not path.exists():
        raise ArtifactError(f"{path}: not there; run `dvc repro {name}`")
    try:
        root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
    except ElementTree.ParseError as error:
        raise ArtifactError(f"{path}: not SVG ({error}); delete it and run `dvc repro {name}`") from None
    _clean(root, name)
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    root.attrib |= {"role": "img", "aria-label": label, "class": "drawing", "style": _width(root)}
    return Markup(ElementTree.tostring(root, encoding="unicode", method="html"))


def _width(root: ElementTree.Element) -> str:
    """As wide as drawn, a point being 4/3 pixels; a page that is narrower scales it down."""
    box = root.get("viewBox", "").split()
    return f"max-width: {round(float(box[2]) * 4 / 3)}px" if len(box) == 4 else ""


def _clean(element: ElementTree.Element, name: str) -> None:
    element.tag = _local(element.tag)
    element.attrib = dict(_attributes(element.attrib, name))
    if element.tag == "style":
        rule = (element.text or "").strip()  # matplotlib's one rule is for `*`
        element.text = "" if "<" in rule else f".drawing {rule}"
    for child in list(element):
        if not isinstance(child.tag, str) or _local(child.tag) in _DROPPED:
            element.remove(child)
        else:
            _clean(child, name)


def _attributes(found: Mapping[str, str], name: str) -> Iterator[tuple[str, str]]:
    for key, value in found.items():
        if key == "id":
            yield key, f"{name}-{value}"
        elif key in (_HREF, "href"):
            if value.startswith("#"):
                yield "href", f"#{name}-{value[1:]}"
        elif not _local(key).startswith("on"):
            yield _local(key), _URL.sub(rf"url(#{name}-\1)", value)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
