"""How a text begins, for lists that have no summary of it by hand. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chalicelib.core import text
from chalicelib.core.markup.sanitise import plain_text

LONGEST, SHORTEST = 240, 80
"""Letters: so many at most, and a paragraph with fewer goes on with the next one."""

_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?:[^">]|"[^"]*")*)>')
_VOID = frozenset("area br col hr img input source track wbr".split())
_AROUND = frozenset("article div main section".split())
"""What may stand around a paragraph of the text itself: in quotes, lists, tables, captions and callouts are
others."""
_APART = re.compile(r'class="(?!h-)')
_SENTENCE = re.compile("[.!?\u2026\u061f][\"'\u201d\u2019\u00bb)]*\\s+|[\u3002\uff01\uff1f]\u300d?")


def opening(cleaned: str, whole: str) -> str:
    """The first paragraph of sanitised HTML, cut where a sentence or a word ends. `whole` are all its words,
    for a text that has no paragraph.
    """
    found = ""
    for paragraph in _paragraphs(cleaned):
        found = f"{found} {paragraph}".strip()
        if len(found) >= SHORTEST:
            break
    return shortened(found or whole)


def shortened(found: str) -> str:
    """At most `LONGEST` letters: whole sentences where they come to half of that."""
    line = text.one_line(found)
    if len(line) <= LONGEST:
        return line
    ends = [end.end() for end in _SENTENCE.finditer(line[: LONGEST + 1]) if end.end() > LONGEST // 2]
    return line[: ends[-1]].rstrip() if ends else text.excerpt(line, LONGEST)


def _paragraphs(cleaned: str) -> Iterator[str]:
    """The words of each paragraph that is part of the text itself."""
    around: list[tuple[str, bool]] = []
    begins = -1
    for tag in _TAG.finditer(cleaned):
        closes, name, attributes = tag.groups()
        if name in _VOID:
            continue
        if not closes:
            if name == "p" and all(is_plain for _, is_plain in around):
                begins = tag.start()
            around.append((name, name in _AROUND and not _APART.search(attributes)))
            continue
        while around and around.pop()[0] != name:
            pass
        if name == "p" and begins >= 0:
            if words := plain_text(cleaned[begins : tag.end()]):
                yield words
            begins = -1
