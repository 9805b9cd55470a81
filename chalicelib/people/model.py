"""Somebody who writes here under an e-mail address: known by its keyed hash alone."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.core.values import value

ASKED_AGAIN = timedelta(days=1)
"""From one mail that an address's owner may not want to the next, whatever they are about."""


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


@value
class Claim:
    """That the one mail of a day, which its owner may not want, is sent to an address."""

    person: str
    by: str
    """What it is sent for. Whoever was stopped before sending it knows its own claim again."""
    ends: int
    """The second, since 1970, until which there is no other."""

    @property
    def name(self) -> str:
        """What tells it from every other claim."""
        return f"{self.person} {self.ends}"
