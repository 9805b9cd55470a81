"""What an author is told of a text that is taken all the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chalicelib.core.values import value

MOST = 50
"""Told of one text: whoever mends these asks again."""


@value
class Warned:
    """Something in a text that readers will miss or trip over."""

    code: str
    """Such as `image-without-alt`."""
    message: str
    line: int | None = None
    """In the source, counted from 1; None where it is not known."""


@value
class Remark:
    code: str
    message: str
    words: str
    """To be looked for in the source."""


def note(md: Any, code: str, message: str, words: str) -> None:
    """Remember what a part of the dialect has to say."""
    md.remarks.append(Remark(code, message, words))


def located(remarks: Iterable[Remark], source: str) -> tuple[Warned, ...]:
    """With lines: the same words further down are meant by the next remark of them."""
    told: dict[tuple[str, str], int] = {}
    found = []
    for remark in list(remarks)[:MOST]:
        key = (remark.code, remark.words)
        at = source.find(remark.words, told.get(key, 0)) if remark.words else -1
        if at >= 0:
            told[key] = at + len(remark.words)
        line = source.count("\n", 0, at) + 1 if at >= 0 else None
        where = f"Line {line}: " if line else ""
        found.append(Warned(remark.code, f"{where}{remark.message}", line))
    return tuple(sorted(found, key=lambda told: told.line or 0))
