"""What an author is told of a text that is taken all the same."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
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
    """In the source, counted from 1, of the first such thing; None where it is not known."""

    @property
    def shown(self) -> dict[str, Any]:
        """As the API tells it."""
        return {"code": self.code, "message": self.message, "line": self.line}


@value
class Remark:
    code: str
    message: str
    words: str
    """To be looked for in the source."""


def note(md: Any, code: str, message: str, words: str) -> None:
    """Remember what a part of the dialect has to say; once, however often it has."""
    md.remarks[Remark(code, message, words)] = None


def without_alt(md: Any, address: str) -> None:
    message = f"The image “{address[:60]}” has no alternative text: describe it, or mark it as decoration."
    note(md, "image-without-alt", message, address)


def located(found: Iterable[Remark], source: str) -> tuple[Warned, ...]:
    """With lines, in the order of the text."""
    told = []
    for remark in islice(found, 10 * MOST):
        at = source.find(remark.words) if remark.words else -1
        line = source.count("\n", 0, at) + 1 if at >= 0 else None
        told.append(Warned(remark.code, f"Line {line}: {remark.message}" if line else remark.message, line))
    return tuple(sorted(told, key=lambda warned: warned.line or 0)[:MOST])
