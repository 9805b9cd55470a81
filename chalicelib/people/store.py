"""What stands under an e-mail address's keyed hash.

| pk | sk | holds |
|----|----|-------|
| `E#person` | `mail#visitor` | `address`, `confirmed_at`; `ttl` until it is confirmed |
| `E#person` | `said#comment.post` | nothing more: which comments were written under it |
| `ASKED#person` | `-` | `by`, `ttl`: a mail that its owner may not want went there within a day |
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from chalicelib.core import clock, table
from chalicelib.core.items import fitting
from chalicelib.core.table import Delete, Item, Key, Page, Put, Update, When, absent_or_expired
from chalicelib.people.model import Claim, Mailbox

MAIL = "mail#"
SAID = "said#"
UNCONFIRMED = timedelta(days=14)


# --- mailboxes -------------------------------------------------------------------------------


def mailbox_key(person: str, visitor: str) -> Key:
    return f"E#{person}", MAIL + visitor


def find_mailbox(person: str, visitor: str) -> Mailbox | None:
    if not person or not visitor:
        return None
    item = table.get(mailbox_key(person, visitor))
    return decode_mailbox(item) if item else None


def mailboxes_of(person: str) -> list[Mailbox]:
    items = table.query(f"E#{person}", start=MAIL, end=f"{MAIL}~", limit=1000, consistent=True)
    return [box for item in items if (box := decode_mailbox(item))]


def put_mailbox(box: Mailbox) -> Put:
    """One that is not confirmed is forgotten by itself."""
    pk, sk = mailbox_key(box.person, box.visitor)
    item: Item = {"pk": pk, "sk": sk, "address": box.address}
    if box.confirmed_at:
        item["confirmed_at"] = clock.stamp(box.confirmed_at)
    else:
        item["ttl"] = int((clock.now() + UNCONFIRMED).timestamp())
    return Put(item)


def confirm_mailbox(person: str, visitor: str) -> Update:
    """Refuses where there is none any more."""
    now = clock.now()
    here = When("attribute_exists(#address)")
    return Update(
        mailbox_key(person, visitor), put={"confirmed_at": clock.stamp(now)}, drop=("ttl",), when=here
    )


def forget_mailbox(person: str, visitor: str) -> Delete:
    return Delete(mailbox_key(person, visitor))


def decode_mailbox(item: Item) -> Mailbox | None:
    """None for one that lacks its address, or whose time is over."""
    known = fitting(item, {"address": str, "confirmed_at": str, "ttl": int})
    if "address" not in known or known.get("ttl", clock.now().timestamp()) < clock.now().timestamp():
        return None
    person, visitor = item["pk"].removeprefix("E#"), item["sk"].removeprefix(MAIL)
    return Mailbox(person, visitor, known["address"], clock.known(known.get("confirmed_at")))


def forget_mailboxes(person: str) -> list[Delete]:
    """All that there are, those that cannot be read among them."""
    items = table.query(f"E#{person}", start=MAIL, end=f"{MAIL}~", limit=1000, consistent=True)
    return [Delete((item["pk"], item["sk"])) for item in items]


# --- mails to somebody who may not have asked for them ---------------------------------------


def claim_asking(claim: Claim) -> Put:
    """Refuses where another claim on that address has not ended."""
    now = int(clock.now().timestamp())
    item = {"pk": f"ASKED#{claim.person}", "sk": "-", "by": claim.by, "ttl": claim.ends}
    return Put(item, absent_or_expired(now))


def find_claim(person: str) -> Claim | None:
    item = table.get((f"ASKED#{person}", "-"))
    known = fitting(item or {}, {"by": str, "ttl": int})
    return Claim(person, known.get("by", ""), known["ttl"]) if "ttl" in known else None


# --- what was said ---------------------------------------------------------------------------


def put_said(person: str, post_id: str, comment_id: str) -> Put:
    return Put({"pk": f"E#{person}", "sk": f"{SAID}{comment_id}.{post_id}"})


def forget_said(person: str, post_id: str, comment_id: str) -> Delete:
    return Delete((f"E#{person}", f"{SAID}{comment_id}.{post_id}"))


class SaidRow(NamedTuple):
    key: Key
    full_id: str
    """Of the comment; empty in a row that cannot be read."""


def said_by(person: str, limit: int, start: str = "") -> Page[SaidRow]:
    """What names the comments written under an address, the oldest first, from a sort key on; read
    consistently.
    """
    found = table.query(f"E#{person}", start=start or SAID, end=f"{SAID}~", limit=limit + 1, consistent=True)
    return table.cut(found, limit).decoded(_said_row)


def _said_row(item: Item) -> SaidRow:
    comment_id, _, post_id = str(item["sk"]).removeprefix(SAID).partition(".")
    return SaidRow((item["pk"], item["sk"]), f"{post_id}.{comment_id}" if post_id else "")
