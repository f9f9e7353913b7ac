"""Icons from the ``lucide`` package, inlined as SVG: no request, no font, they print as vectors."""

from functools import cache
from importlib.resources import files
from xml.etree import ElementTree
from zipfile import ZipFile

from django.utils.safestring import SafeString, mark_safe

SVG = "{http://www.w3.org/2000/svg}"


@cache
def icon(name: str, size: int = 16) -> SafeString:
    """Return the icon ``name`` (see lucide's list) ``size`` px wide, hidden from screen readers.

    Raises KeyError for a name lucide does not have, so that a typo is found by the first test.
    """
    with files("lucide").joinpath("lucide.zip").open("rb") as packed, ZipFile(packed) as archive:
        svg = ElementTree.fromstring(archive.read(f"{name}.svg"))
    for node in svg.iter():
        node.tag = node.tag.removeprefix(SVG)
        node.tail = node.text = None
    svg.attrib |= {
        "width": str(size),
        "height": str(size),
        "class": "icon",
        "aria-hidden": "true",
        "focusable": "false",
    }
    return mark_safe(ElementTree.tostring(svg, encoding="unicode"))  # the package's own drawing, no user text
