"""An SVG of drawings.py made part of a page: it takes the page's colours and font, and has a name and a description.

Knows nothing of what is drawn.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from plum_edge.evaluate.report.marks import COLOURS

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_COLOUR = re.compile("|".join(COLOURS.values()))
_NAMES = {value: f"var(--{name})" for name, value in COLOURS.items()}
_DROPPED = {f"{{{_SVG}}}{name}" for name in ("metadata", "style", "title")}


def inline(svg: bytes, name: str, title: str, told: str) -> str:
    """Return the SVG as an element of an HTML page.

    Its ids get ``name`` before them, so that several can stand in one page. Screen readers meet one image that is
    called ``title`` and described by ``told``.
    """
    ElementTree.register_namespace("", _SVG)
    root = ElementTree.fromstring(svg)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in _DROPPED:
                parent.remove(child)
    for element in root.iter():
        element.attrib = {key.replace(f"{{{_XLINK}}}", ""): value for key, value in element.attrib.items()}
        for key, value in element.attrib.items():
            element.set(key, _own(key, value, name))
        if not element.tag.endswith("}text"):
            element.text = None
        element.tail = None
    del root.attrib["width"], root.attrib["height"]  # the page decides
    root.attrib |= {
        "class": "plot",
        "role": "img",
        "aria-labelledby": f"{name}-title",
        "aria-describedby": f"{name}-told",
    }
    for at, (tag, ident, text) in enumerate((("title", "title", title), ("desc", "told", told))):
        element = ElementTree.Element(f"{{{_SVG}}}{tag}", {"id": f"{name}-{ident}"})
        element.text = text
        root.insert(at, element)
    return ElementTree.tostring(root, encoding="unicode")


def _own(key: str, value: str, name: str) -> str:
    """Return an attribute with ids of its own, colours by name and no font."""
    if key == "id":
        return f"{name}-{value}"
    if key == "href":
        return value.replace("#", f"#{name}-")
    if key == "style":
        value = re.sub(r"font-family: [^;]*;? ?", "", value)
        return _COLOUR.sub(lambda found: _NAMES[found.group()], value)
    return " ".join(value.replace("url(#", f"url(#{name}-").split())
