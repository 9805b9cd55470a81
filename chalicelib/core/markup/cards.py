"""A link to a well-known place, alone in its paragraph, becomes a card: what the address itself says, and
nothing that would make a reader's browser ask there.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from markdown.extensions.footnotes import NBSP_PLACEHOLDER
from markdown.inlinepatterns import AutolinkInlineProcessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

from chalicelib.core.markup.providers import Found, found_at

# At the end of a footnote stands what leads back.
_ALONE = rf"""\A\s*(https?://[^\s<>\[\]`"\\\x02\x03]+)\s*(?={NBSP_PLACEHOLDER}\Z|\Z)"""
_SHORT = re.compile(r"https?://(?:www\.)?")


class LoneAddress(AutolinkInlineProcessor):
    """An address that is all of a paragraph, an item or a cell is a link. It comes before all other inline
    marks, or a dash or an underscore within it would be taken for one and lead elsewhere.
    """

    ANCESTOR_EXCLUDES = ("a",)

    def __init__(self, md: Any) -> None:
        super().__init__(_ALONE, md)


class Cards(Treeprocessor):
    def run(self, root: Element) -> None:
        for paragraph in root.iter("p"):
            address, words = _only_link(paragraph)
            if found := found_at(address) if address else None:
                _become_card(paragraph, address, words, found, self.md)


def _only_link(paragraph: Element) -> tuple[str, str]:
    """The address of the link that is all of a paragraph, and its words; empty where there is none."""
    if not len(paragraph):
        return "", ""
    link = paragraph[0]
    alone = len(paragraph) == 1 and not (paragraph.text or "").strip() and not (link.tail or "").strip()
    if not alone or link.tag != "a" or len(link):
        return "", ""
    address, words = link.get("href", ""), (link.text or "").strip()
    return address, "" if words == address else words


def _become_card(paragraph: Element, address: str, words: str, found: Found, md: Any) -> None:
    tail = paragraph.tail
    paragraph.clear()
    paragraph.tag, paragraph.tail = "figure", tail
    paragraph.set("class", "link-card")
    link = SubElement(paragraph, "a", {"href": address})
    short = _SHORT.sub("", address, count=1).rstrip("/")
    kind = f"{found.provider} · {md.words.plain(f'card.{found.kind}')}"
    _line(link, f"kind {found.kind}", kind)
    if words or found.name:
        _line(link, "name", words or found.name)
    _line(link, "address", short)


def _line(link: Element, name: str, words: str) -> None:
    """On a line of its own, also where no style sheet comes along."""
    if len(link):
        SubElement(link, "br")
    line = SubElement(link, "span", {"class": name, "dir": "auto"})
    line.text = AtomicString(words)
