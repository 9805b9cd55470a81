"""Whether a client's copy is still good (RFC 9110, sections 8.8 and 13)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

from chalicelib.core import kept
from chalicelib.core.answers import Answer
from chalicelib.core.requests import Request
from chalicelib.core.values import value

_TAG = re.compile(r'(?:W/)?"([^"]*)"')


@value
class Validator:
    """What a representation is known by: a tag made of versions, and when it last changed, where
    that is known. Tags are weak, since the platform compresses.
    """

    tag: str
    changed: datetime | None = None

    @property
    def headers(self) -> dict[str, str]:
        found = {"ETag": f'W/"{self.tag}"'}
        if self.changed:
            found["Last-Modified"] = format_datetime(self.changed.astimezone(UTC), usegmt=True)
        return found

    def again(self, request: Request, headers: Mapping[str, str]) -> Answer | None:
        """304 where the client's copy is good; else the page, where this process has made that very one
        before. `headers` are those that every answer with it carries.
        """
        if self._is_known_to(request):
            return Answer(304, "", {**headers, **self.headers})
        if page := kept.pages.find(request, self.tag):
            return Answer(page.status, page.body, {**page.headers, **headers, **self.headers})
        return None

    def made(self, request: Request, page: Answer, headers: Mapping[str, str]) -> Answer:
        """A page that was just made, as `again` will give it."""
        kept.pages.keep(request, self.tag, page)
        return Answer(page.status, page.body, {**page.headers, **headers, **self.headers})

    def _is_known_to(self, request: Request) -> bool:
        """`If-None-Match` decides alone where it is sent (section 13.2.2). `*` is about anything that
        exists, which is not known before it is read: it is answered in full.
        """
        tags = request.headers.get("if-none-match")
        if tags is not None:
            return self.tag in _TAG.findall(tags)
        since = request.headers.get("if-modified-since")
        return since is not None and self.changed is not None and self.changed <= _moment(since)


def has_copies(request: Request) -> bool:
    """Whether the client names the copies that it has (`*` is about any), or this process has one."""
    return request.headers.get("if-none-match", "*").strip() != "*" or kept.pages.holds(request)


def _moment(date: str) -> datetime:
    """A date that cannot be read is as if it had not been sent."""
    long_ago = datetime(1, 1, 2, tzinfo=UTC)
    try:
        moment = parsedate_to_datetime(date[:60])
    except (ValueError, TypeError, IndexError, OverflowError):
        return long_ago
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment if moment - long_ago > timedelta(0) else long_ago
