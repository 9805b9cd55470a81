"""A link to a well-known place, alone in its paragraph, becomes a card: what the address itself says, and
nothing that would make a reader's browser ask there.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

from chalicelib.core.markup.providers import Found, found_at

_BARE = re.compile(r"\s*(https?://\S+)\s*")
_SHORT = re.compile(r"https?://(?:www\.)?")


class Cards(Treeprocessor):
    def run(self, root: Element) -> None:
        for paragraph in root.iter("p"):
            address, words = _only_link(paragraph)
            if found := found_at(address) if address else None:
                _become_card(paragraph, address, words, found, self.md)


def _only_link(paragraph: Element) -> tuple[str, str]:
    """The address of the link that is all of a paragraph, and its words; empty where there is none."""
    if not len(paragraph):
        bare = _BARE.fullmatch(paragraph.text or "")
        return (bare[1], "") if bare else ("", "")
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
