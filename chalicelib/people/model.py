"""Somebody who writes here under an e-mail address: known by its keyed hash alone."""

from __future__ import annotations

from datetime import datetime

from chalicelib.core.values import value


@value
class Mailbox:
    """An address to which somebody wants answers mailed. It is kept for that alone."""

    person: str
    """The address, as a keyed hash."""
    visitor: str
    """The mark of the browser that asked. Whoever types another's address is not its owner."""
    address: str
    confirmed_at: datetime | None = None
    """When its owner followed the link that was mailed there; None: nothing else is mailed yet."""

    @property
    def is_confirmed(self) -> bool:
        return self.confirmed_at is not None
