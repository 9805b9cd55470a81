"""Knowing somebody again who writes under an e-mail address."""

from __future__ import annotations

from chalicelib.core import clock, signing, table
from chalicelib.core.table import Refused
from chalicelib.people import store
from chalicelib.people.model import ASKED_AGAIN, Claim


def person_of(email: str) -> str:
    """What an e-mail address is known by; empty for none. RFC 5321 lets hosts tell upper case in the local
    part from lower, and none does.
    """
    return signing.lasting("person", email.strip().casefold()) if email else ""


def claim_asking(person: str, by: str) -> Claim | None:
    """The right to mail that address once, though its owner may not want it; None where somebody else has
    it today (`store.find_claim` tells until when). Asked for again, it is the same claim.
    """
    claim = Claim(person, by, int((clock.now() + ASKED_AGAIN).timestamp()))
    try:
        table.write(store.claim_asking(claim))
    except Refused:
        found = store.find_claim(person)
        return found if found and found.by == by else None
    return claim
