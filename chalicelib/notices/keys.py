"""What stands in the links of mails: sealed, so that nobody makes one up."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.core import clock, signing
from chalicelib.core.problems import Gone, NotFound
from chalicelib.people.model import Mailbox

MAILBOX, YOURS = "mailbox", "yours"
LASTS = timedelta(days=1)


def mailbox_key(box: Mailbox) -> str:
    return signing.seal(MAILBOX, f"{box.person} {box.visitor}")


def mailbox_of(key: str) -> tuple[str, str]:
    """The person and the visitor. Raises NotFound."""
    person, _, visitor = _unsealed(MAILBOX, key).partition(" ")
    return person, visitor


def yours_key(person: str) -> str:
    """For a day from now on."""
    return signing.seal(YOURS, f"{person} {clock.stamp(clock.now() + LASTS)}")


def person_in(key: str) -> str:
    """Raises NotFound, or Gone where its day is over."""
    person, _, until = _unsealed(YOURS, key).partition(" ")
    if not _is_to_come(clock.known(until)):
        raise Gone("This link is too old: it opens for one day. Ask for another.")
    return person


def _is_to_come(moment: datetime | None) -> bool:
    return moment is not None and clock.now() < moment


def _unsealed(purpose: str, key: str) -> str:
    try:
        return signing.unseal(purpose, key)
    except ValueError as error:
        raise NotFound("This link is not complete, or too old. Open it from the newest mail.") from error
