"""`Idempotency-Key`: a write that is sent again is not done again.

The key is claimed in the very transaction that writes, so there is no moment at which one exists
without the other. Kept for 24 hours. After the id of a reader's reply
stands from which browser it came, hashed.

| pk | sk | holds |
|----|----|-------|
| `IDEM#hash` | `-` | `print`: the hash of what was sent; `result`: the id it gave; `ttl` |
"""

from __future__ import annotations

from hashlib import sha256

from chalicelib.core import clock, signing, table
from chalicelib.core.problems import BadRequest, Invalid
from chalicelib.core.requests import Request
from chalicelib.core.table import Put, absent_or_expired
from chalicelib.core.values import value

KEPT_SECONDS = 24 * 3600
LONGEST_KEY = 255


@value
class Idempotency:
    """One write that may be sent several times."""

    name: str
    print: str

    @property
    def _pk(self) -> str:
        return f"IDEM#{self.name}"

    def claim(self, result: str) -> Put:
        """Goes into the transaction; it is refused where the write was done before."""
        now = int(clock.now().timestamp())
        item = {"pk": self._pk, "sk": "-", "print": self.print, "result": result, "ttl": now + KEPT_SECONDS}
        return Put(item, absent_or_expired(now))

    def earlier(self) -> str | None:
        """The result of the same write done before. Raises Invalid where it was another write."""
        item = table.get((self._pk, "-"))
        if not item or item["ttl"] < clock.now().timestamp():
            return None
        if item["print"] != self.print:
            raise Invalid(
                "Idempotency-Key",
                "This key was used for another request. Use a fresh key for each new request.",
            )
        return str(item["result"])


def idempotency(request: Request) -> Idempotency | None:
    """From the header, if the client sent one. A key belongs to its token (or, without one, to the
    sender's network), method and address.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not 0 < len(key) <= LONGEST_KEY:
        raise BadRequest(f"“Idempotency-Key” takes 1 to {LONGEST_KEY} characters.")
    who = request.principal.token_id if request.principal else f"somebody at {request.neighbourhood}"
    about = f"{who}\n{request.method}\n{request.path.rstrip('/')}\n{key}"
    sent = request.content_type.encode() + b"\n" + request.body
    # Of a network only a keyed hash is kept. What belongs to a token outlives a change of secrets.
    name = sha256(about.encode()).hexdigest()[:32] if request.principal else signing.digest("once", about)
    return Idempotency(name, sha256(sent).hexdigest()[:32])
