"""Visitors who took part: known again by a signed cookie, which only a reply or a like sets.

It holds a random id, and the name and website that its owner wished to be remembered by. Reading neither
sets nor asks for it.
"""

from __future__ import annotations

import json
import secrets

from chalicelib.core import signing
from chalicelib.core.requests import Request
from chalicelib.core.values import value

COOKIE = "__Host-parley"
PURPOSE = "visitor"
LASTS_SECONDS = 400 * 24 * 3600
"""Browsers keep none for longer (RFC 6265bis, section 5.5)."""
# Not sent with forms of other sites, which could write in a visitor's name.
ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"


@value
class Visitor:
    id: str
    name: str = ""
    website: str = ""

    def mark(self, purpose: str) -> str:
        """What they are known by in the table for one purpose: marks of two purposes cannot be joined."""
        return signing.lasting(f"visitor {purpose}", self.id)


def new_visitor() -> Visitor:
    return Visitor(secrets.token_urlsafe(12))


def visitor_of(request: Request) -> Visitor | None:
    """None without a cookie, or with one that this blog did not sign."""
    try:
        parts = json.loads(signing.unseal(PURPOSE, request.cookies.get(COOKIE, "")))
    except ValueError:
        return None
    fits = isinstance(parts, list) and len(parts) == 3 and all(isinstance(part, str) for part in parts)
    return Visitor(*parts) if fits else None


def remembering(visitor: Visitor) -> dict[str, str]:
    """The header that has the browser keep it."""
    told = json.dumps([visitor.id, visitor.name, visitor.website], ensure_ascii=False, separators=(",", ":"))
    sealed = signing.seal(PURPOSE, told)
    return {"Set-Cookie": f"{COOKIE}={sealed}; Max-Age={LASTS_SECONDS}; {ATTRIBUTES}"}
