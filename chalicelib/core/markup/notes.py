"""Footnotes, in the order in which a reader meets them, with ways there and back that say where they lead."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.inlinepatterns import InlineProcessor
from markdown.treeprocessors import Treeprocessor

from chalicelib.core.markup import remarks

_REFERENCE = re.compile(r"fnref\d*-(.*)", re.DOTALL)


def register(md: Markdown) -> None:
    md.treeprocessors.register(_Footnotes(md), "footnote_ids", -1)
    # After "footnote" (175), which takes what is defined.
    md.inlinePatterns.register(_Missing(r"\[\^([^\[\]\n\x02\x03]{1,100})\]", md), "missing_footnote", 174)


class _Missing(InlineProcessor):
    """A footnote that is cited and nowhere to be read. It stays as it was typed."""

    def handleMatch(  # type: ignore[override] # noqa: N802 - the name is Python-Markdown's
        self,
        m: re.Match[str],
        data: str,  # noqa: ARG002
    ) -> tuple[None, None, None]:
        message = f"The footnote “{m[0]}” is cited and not written: add a line that begins with “{m[0]}:”."
        remarks.note(self.md, "footnote-missing", message, m[0])
        return None, None, None


class _Footnotes(Treeprocessor):
    """Python-Markdown numbers references as it comes upon them: those in lists after those in paragraphs.
    Here they are numbered as they are read, and no text of the author's is in an id.
    """

    def run(self, root: Element) -> None:
        section = next((div for div in root.iter("div") if div.get("class") == "footnote"), None)
        lists = section.findall("ol") if section is not None else []
        if section is None or not lists:
            return
        items = {item.get("id", "").removeprefix("fn-"): item for item in lists[0]}
        references = self._references(root, items)
        numbers: dict[str, int] = {}
        for label in [*(label for label, _ in references), *items]:
            numbers.setdefault(label, len(numbers) + 1)
        self._number(references, numbers)
        cited = Counter(label for label, _ in references)
        for label, item in items.items():
            self._lead_back(item, numbers[label], cited[label])
        lists[0][:] = sorted(lists[0], key=lambda item: int(item.get("id", "")[3:]))
        self._head(section)

    def _references(self, root: Element, items: dict[str, Element]) -> list[tuple[str, Element]]:
        found = []
        for mark in root.iter("sup"):
            match = _REFERENCE.fullmatch(mark.get("id", ""))
            if match and match[1] in items and len(mark):
                found.append((match[1], mark))
        return found

    def _number(self, references: list[tuple[str, Element]], numbers: dict[str, int]) -> None:
        told: Counter[str] = Counter()
        for label, mark in references:
            told[label] += 1
            number = numbers[label]
            mark.set("id", f"fnref{_nth(told[label])}-{number}")
            mark[0].attrib.update({"href": f"#fn-{number}", "role": "doc-noteref"})
            mark[0].text = str(number)

    def _lead_back(self, item: Element, number: int, cited: int) -> None:
        item.set("id", f"fn-{number}")
        ways = [(holder, way) for holder in item.iter() for way in holder if _is_way_back(way)]
        for nth, (holder, way) in enumerate(ways, 1):
            if nth > cited:
                # Nothing leads here.
                holder.remove(way)
                continue
            way.attrib.pop("title", None)
            key = "markup.back_again" if nth > 1 else "markup.back"
            label = _words(self.md).plain(key, n=number, again=nth)
            way.attrib.update(
                {"href": f"#fnref{_nth(nth)}-{number}", "role": "doc-backlink", "aria-label": label}
            )

    def _head(self, section: Element) -> None:
        section.tag = "section"
        section.attrib.update({"class": "footnotes", "role": "doc-endnotes"})
        heading = Element("h2", {"class": "unseen"})
        heading.text, heading.tail = _words(self.md).plain("markup.footnotes"), "\n"
        section.insert(0, heading)


def _is_way_back(element: Element) -> bool:
    return element.get("class") == "footnote-backref"


def _nth(number: int) -> str:
    return "" if number == 1 else str(number)


def _words(md: Any) -> Any:
    return md.words
