"""Knowing somebody again who writes under an e-mail address."""

from __future__ import annotations

from chalicelib.core import signing


def person_of(email: str) -> str:
    """What an e-mail address is known by; empty for none. RFC 5321 lets hosts tell upper case in the local
    part from lower, and none does.
    """
    return signing.lasting("person", email.strip().casefold()) if email else ""
