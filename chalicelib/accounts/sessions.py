"""The author's sessions in a browser: a random cookie, which opens what the token that began it opens.

| pk | sk | holds |
|----|----|-------|
| `SESSION#hash` | `-` | `token`: the hash of the token that began it; `created_at`; `ttl`: twelve hours |

Only the hash of a session's secret is kept. Its token is looked at with each request, so a token that is
revoked ends its sessions at once.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256

from chalicelib.accounts import store
from chalicelib.accounts.actions import token_of_secret
from chalicelib.accounts.model import Token, hash_of
from chalicelib.core import clock, log, table
from chalicelib.core.items import fitting
from chalicelib.core.problems import Problem, Unauthorized
from chalicelib.core.requests import Principal, Request
from chalicelib.core.table import Delete, Put
from chalicelib.core.values import value

COOKIE = "__Host-parley-author"
ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"
LASTS_SECONDS = 12 * 3600


class Forged(Problem):
    """A form that did not come from a page of whoever is signed in."""

    status, title = 403, "This form came from elsewhere"


@value
class Session:
    secret: str
    """As the cookie has it."""
    principal: Principal

    @property
    def mark(self) -> str:
        """What every form of the session's pages carries: nobody else can make it, and it tells nothing of
        the secret.
        """
        return hmac.digest(self.secret.encode(), b"form", sha256).hex()[:32]


def begin_session(secret: str, scope: str) -> Session:
    """With a token that has the scope. Raises Unauthorized, with one sentence for whatever is wrong."""
    try:
        token = token_of_secret(secret.strip())
    except Unauthorized:
        token = None
    if not token or scope not in token.scopes:
        log.write(level="warning", outcome="failed authentication", by="sign-in")
        raise Unauthorized(
            "This token opens nothing here: it is unknown, expired, revoked or for other things."
        )
    session = Session(secrets.token_urlsafe(32), principal_of(token))
    now = clock.now()
    table.write(
        Put(
            {
                "pk": _pk(session.secret),
                "sk": "-",
                "token": token.hash,
                "created_at": clock.stamp(now),
                "ttl": int(now.timestamp()) + LASTS_SECONDS,
            }
        )
    )
    return session


def session_of(request: Request, scope: str) -> Session | None:
    """Whose session a request belongs to; None without one, or with one whose token lacks the scope."""
    secret = request.cookies.get(COOKIE, "")
    item = table.get((_pk(secret), "-")) if secret else None
    known = fitting(item or {}, {"token": str, "ttl": int})
    if known.get("ttl", 0) <= clock.now().timestamp():
        return None
    token = store.find(known.get("token", ""))
    if not token or not token.is_good(clock.now()) or scope not in token.scopes:
        return None
    return Session(secret, principal_of(token))


def require_own_form(request: Request, session: Session, mark: str) -> None:
    """Raises Forged for a form of another site, or of another session."""
    refuse_other_sites(request)
    if not hmac.compare_digest(mark.encode(errors="replace"), session.mark.encode()):
        raise Forged("This page is older than your session. Load it again, then repeat what you did.")


def refuse_other_sites(request: Request) -> None:
    """What a browser says of who sends a form (Fetch Metadata, section 2.3); others say nothing."""
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise Forged("This form was sent by another site. Nothing was changed.")


def end_session(session: Session) -> None:
    table.write(Delete((_pk(session.secret), "-")))


def remembering(session: Session) -> dict[str, str]:
    """The header with which the browser keeps the session until it is closed."""
    return {"Set-Cookie": f"{COOKIE}={session.secret}; {ATTRIBUTES}"}


def forgetting() -> dict[str, str]:
    return {"Set-Cookie": f"{COOKIE}=; Max-Age=0; {ATTRIBUTES}"}


def principal_of(token: Token) -> Principal:
    return Principal(token.id, token.name, frozenset(token.scopes), token.expires_at)


def _pk(secret: str) -> str:
    return f"SESSION#{hash_of(secret)}"
