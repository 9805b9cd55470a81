"""A request as the rooms see it, and the two forms in which clients send data. Knows no framework."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from chalicelib.core.problems import (
    BadRequest,
    Invalid,
    PreconditionFailed,
    TooLarge,
    UnsupportedMediaType,
)
from chalicelib.core.values import value

MOST_FIELDS = 100
MOST_DEPTH = 20


@value
class Principal:
    """Who sent a token, and what it allows."""

    token_id: str
    name: str
    scopes: frozenset[str]
    expires_at: datetime | None = None


@dataclass(slots=True)
class Request:
    id: str
    method: str
    path: str
    """The path that was asked for, decoded by nobody, without `root` and slashes too many."""
    route: str
    """The route's template, such as `/posts/{slug}`."""
    root: str
    """What stands before every path: empty, or the stage (`/blog`) where the address has one."""
    origin: str
    """Scheme and host for absolute URLs."""
    headers: Mapping[str, str]
    query: Mapping[str, list[str]]
    body: bytes
    network: str
    """The sender's address as the gateway saw it; never stored, never logged."""
    principal: Principal | None = field(default=None)
    is_misspelt: bool = False
    """Whether there were slashes too many."""

    @property
    def cookies(self) -> dict[str, str]:
        """RFC 6265, section 4.2: of a name that stands twice, the first."""
        found: dict[str, str] = {}
        for part in self.headers.get("cookie", "").split(";"):
            name, _, value = part.strip().partition("=")
            found.setdefault(name, value)
        return found

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_cross_site(self) -> bool:
        """Whether the browser says that a page of another site sent this (Fetch Metadata, section 2.3). Then
        it comes without our cookies, from the network of somebody who may not know of it.
        """
        return self.headers.get("sec-fetch-site", "").strip().lower() == "cross-site"

    @property
    def neighbourhood(self) -> str:
        """The sender's network without its last part, /24 of IPv4 or /48 of IPv6: enough to tell
        strangers apart, and only ever used within a keyed hash.
        """
        import ipaddress

        try:
            address = ipaddress.ip_address(self.network)
        except ValueError:
            return ""
        return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))

    @property
    def wants_html(self) -> bool:
        """Whether an answer is for a person: never under /api/, else unless JSON is asked for."""
        if self.path.startswith("/api/") or self.path == "/api":
            return False
        accept = self.headers.get("accept", "")
        return "text/html" in accept or not ("json" in accept or "json" in self.content_type)

    @property
    def prefers_json(self) -> bool:
        """Whether JSON is asked for where an address has both, by `Accept` alone: it is what caches are
        told that the answer depends on.
        """
        accept = self.headers.get("accept", "")
        return "json" in accept and "text/html" not in accept

    def parameter(self, name: str) -> str | None:
        """A query parameter that may stand once."""
        values = self.query.get(name, [])
        if len(values) > 1:
            raise BadRequest(f"“{name}” stands {len(values)} times in the address; send it once.")
        return values[0] if values else None

    def only_parameters(self, *names: str) -> None:
        """Refuse query parameters that nothing here reads, so that a misspelt one is noticed. For the
        API: links to pages come with whatever other sites add to them.
        """
        for name in self.query:
            if name not in names:
                known = ", ".join(names) or "none"
                raise BadRequest(f"“{name[:40]}” is not a parameter here; these are: {known}.")

    def expected_version(self) -> int | None:
        """From `If-Match` (RFC 9110, section 13.1.1), as `answers.version_tag` wrote it; None where
        any version will do.
        """
        tag = self.headers.get("if-match", "*").strip()
        if tag == "*":
            return None
        if "," in tag:
            raise BadRequest("“If-Match” takes a single ETag here: that of the last answer.")
        if not (len(tag) > 2 and tag.removeprefix("W/")[0] == tag[-1] == '"'):
            raise BadRequest('“If-Match” takes the ETag of the last answer with its quotes, such as "v3".')
        if not (tag[1] == "v" and tag[2:-1].isdecimal() and len(tag) < 20):
            raise PreconditionFailed("This is not at the version that “If-Match” names. Read it again.")
        return int(tag[2:-1])

    def text(self, limit: int) -> str:
        """The body as text. Raises TooLarge past `limit` bytes."""
        if len(self.body) > limit:
            raise TooLarge("body", f"The request is {len(self.body):,} bytes; at most {limit:,} are taken.")
        try:
            return self.body.decode()
        except UnicodeDecodeError as error:
            raise BadRequest(f"The body is not UTF-8 at byte {error.start}.") from error

    def json(self, limit: int, instead: str = "") -> dict[str, Any]:
        """The body as a JSON object (RFC 8259), strictly: no NaN, no name twice, no deep nesting.
        `instead` ends the sentence that refuses another content type.
        """
        if not (self.content_type == "application/json" or self.content_type.endswith("+json")):
            raise UnsupportedMediaType(f"Send JSON, with “Content-Type: application/json”{instead}.")
        return read_json(self.text(limit))

    def form(self, limit: int) -> dict[str, str]:
        """The body as an HTML form; of a field that stands twice the last value counts."""
        if self.content_type != "application/x-www-form-urlencoded":
            raise UnsupportedMediaType(
                "Send a form, with “Content-Type: application/x-www-form-urlencoded”, or JSON."
            )
        text = self.text(limit)
        try:
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
        except UnicodeDecodeError as error:
            raise BadRequest("A field of the form is not UTF-8.") from error
        except ValueError as error:
            raise BadRequest(f"The form has more than {MOST_FIELDS} fields.") from error
        return dict(pairs)


def read_json(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise BadRequest(f"The body is not JSON: {error.msg} at {where}.") from error
    except RecursionError as error:
        raise BadRequest("The JSON is nested too deeply; at most 20 levels are taken.") from error
    except ValueError as error:
        # Numbers of thousands of digits, which Python refuses to convert.
        raise BadRequest("The JSON holds a number that is too long.") from error
    if not isinstance(value, dict):
        raise BadRequest("The body must be a JSON object, such as {“title”: “…”}.")
    if _depth(value) > MOST_DEPTH:
        raise BadRequest(f"The JSON is nested too deeply; at most {MOST_DEPTH} levels are taken.")
    return value


def _refuse_constant(name: str) -> None:
    raise BadRequest(f"{name} is not JSON (RFC 8259, section 6).")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise Invalid(twice[:60].encode(errors="replace").decode(), "This name stands twice in an object.")
    return found


def _depth(value: Any) -> int:
    """Levels of nesting, counted without recursion."""
    deepest, rest = 0, [(value, 1)]
    while rest and deepest <= MOST_DEPTH:
        part, level = rest.pop()
        if isinstance(part, dict | list):
            deepest = max(deepest, level)
            rest += [(inner, level + 1) for inner in (part.values() if isinstance(part, dict) else part)]
    return deepest
