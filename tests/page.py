"""Pages as a browser's parser sees them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import html5lib


def parse(html: str) -> Any:
    return html5lib.parse(html, treebuilder="etree", namespaceHTMLElements=False)


def words(element: Any) -> str:
    """The text of an element, its white space folded."""
    return " ".join("".join(element.itertext()).split())


def addresses(html: str) -> list[str]:
    """Everything that the page links to, loads, or sends forms to."""
    found = parse(html)
    names = ("href", "src", "action")
    return [element.attrib[name] for element in found.iter() for name in names if name in element.attrib]


def link(html: str, rel: str) -> str | None:
    """The address of the first link of a relation."""
    return next((a.attrib["href"] for a in parse(html).iter("a") if a.get("rel") == rel), None)


def classed(html: str, name: str) -> Iterator[Any]:
    """Elements of a class."""
    return (element for element in parse(html).iter() if name in element.get("class", "").split())


@dataclass(frozen=True)
class Shown:
    """A reply as it stands on a page."""

    id: str
    depth: int
    gone: bool
    words: str


def replies(html: str) -> list[Shown]:
    items = [item for item in parse(html).iter("li") if item.get("id", "").startswith("c-")]
    return [
        Shown(
            id=item.attrib["id"].removeprefix("c-"),
            depth=int(item.get("aria-level", "1")),
            gone="h-cite" not in item.get("class", ""),
            words=words(item),
        )
        for item in items
    ]


def reply_ids(html: str) -> list[str]:
    return [reply.id for reply in replies(html)]


def typed(html: str) -> dict[str, str]:
    """What stands in the fields of a page's form."""
    found = parse(html)
    inputs = {i.attrib["name"]: i.get("value", "") for i in found.iter("input") if "name" in i.attrib}
    return inputs | {area.attrib["name"]: area.text or "" for area in found.iter("textarea")}
