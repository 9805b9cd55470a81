"""Pages of lists: how long they are, and where the next one begins.

A cursor is a sort key, sealed for that very list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from chalicelib.core import signing
from chalicelib.core.problems import BadRequest
from chalicelib.core.requests import Request

MOST = 100
USUAL = 20
MOST_BYTES = 4_000_000
"""Of a page. A function's answer may have 6 MB (AWS Lambda, Quotas), and escaping takes its part."""

T = TypeVar("T")


def that_fit(items: Iterable[T], weigh: Callable[[T], int]) -> list[T]:
    """The first of them, of so many bytes together (`MOST_BYTES`); one at least, whatever it weighs."""
    room, found = MOST_BYTES, list[T]()
    for item in items:
        room -= weigh(item)
        if found and room < 0:
            break
        found.append(item)
    return found


def cursor(listing: str, sort_key: str) -> str:
    return signing.seal(f"cursor {listing}", sort_key)


def position(listing: str, given: str | None) -> str | None:
    """The sort key within a cursor of this list. Raises BadRequest for any other text."""
    if given is None:
        return None
    try:
        return signing.unseal(f"cursor {listing}", given)
    except ValueError as error:
        raise BadRequest("The cursor does not belong to this list. Begin at its first page.") from error


def window(request: Request, listing: str) -> tuple[str | None, str | None]:
    """What the cursors `after` and `before` of a page hold; at most one of them is given."""
    after, before = (position(listing, request.parameter(name)) for name in ("after", "before"))
    if after and before:
        raise BadRequest("Send “after” or “before”, not both.")
    return after, before


def limit_from(request: Request) -> int:
    """How many entries a client wants at a time."""
    given = request.parameter("limit")
    if given is None:
        return USUAL
    if not (given.isascii() and given.isdecimal() and len(given) <= 3 and 1 <= int(given) <= MOST):
        raise BadRequest(f"“limit” must be a whole number from 1 to {MOST}.")
    return int(given)
