"""Pages that this process has just made. One that is asked for again, and is known by the same tag, need
not be read and made again: what tells that a reader's copy is good tells it of this one too.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock

from chalicelib.core.answers import Answer
from chalicelib.core.requests import Request

MOST_LETTERS = 8_000_000
"""Of all pages together, and of what each takes beside its text: a function has half a gigabyte."""
BESIDE = 4_000
LONGEST_PATH = 500
PARAMETERS = frozenset(("after", "before", "order"))
"""Those that pages read. Their values are sealed, or one of `ORDERS`: nobody makes up others, of which each
would be kept."""
ORDERS = (["oldest"], ["newest"])

Address = tuple[str, str, str, str, bool]


class Pages:
    """The newest page of each address, the one that was asked for last at the end."""

    def __init__(self, most: int = MOST_LETTERS) -> None:
        self._most = most
        self._size = 0
        self._pages: OrderedDict[Address, tuple[str, Answer]] = OrderedDict()
        self._lock = Lock()

    def holds(self, request: Request) -> bool:
        """Whether there is a page of that address, good or not."""
        return bool(self._pages) and address_of(request) in self._pages

    def find(self, request: Request, tag: str) -> Answer | None:
        """The page of that address, if it is known by that very tag."""
        address = address_of(request)
        with self._lock:
            known, page = self._pages.get(address, ("", None))
            if page is None or known != tag:
                return None
            self._pages.move_to_end(address)
            return page

    def keep(self, request: Request, tag: str, page: Answer) -> None:
        """Longer than all others together it is not kept."""
        address, size = address_of(request), _size_of(page)
        if len(request.path) > LONGEST_PATH or not _is_known(request.query):
            return
        with self._lock:
            self._drop(address)
            while self._pages and self._size + size > self._most:
                self._drop(next(iter(self._pages)))
            if size <= self._most:
                self._pages[address] = tag, page
                self._size += size

    def forget(self) -> None:
        with self._lock:
            self._pages.clear()
            self._size = 0

    def _drop(self, address: Address) -> None:
        if found := self._pages.pop(address, None):
            self._size -= _size_of(found[1])


def _size_of(page: Answer) -> int:
    return len(page.body) + BESIDE


def _is_known(query: Mapping[str, list[str]]) -> bool:
    return query.keys() <= PARAMETERS and query.get("order", ORDERS[0]) in ORDERS


def address_of(request: Request) -> Address:
    """All of a request that a public page depends on."""
    query = repr(sorted(request.query.items())) if request.query else ""
    return request.origin, request.root, request.path, query, request.prefers_json


pages = Pages()
