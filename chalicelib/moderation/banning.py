"""Banning who wrote a comment, by their e-mail address, site or network, and lifting that again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from chalicelib.comments import bans
from chalicelib.comments import store as comment_store
from chalicelib.comments.bans import Ban, Kind
from chalicelib.comments.model import Comment
from chalicelib.core import clock, signing, table
from chalicelib.core.problems import Conflict, NotFound, Unavailable
from chalicelib.core.table import ABSENT, TRIES, Delete, Item, Put, Refused, When, Write
from chalicelib.moderation import store
from chalicelib.moderation.model import DAYS_OF_A_NETWORK, Step
from chalicelib.moderation.notes import Note

LACKS = {
    "email": "No e-mail address was given with this comment, or it was erased.",
    "site": "No website was given with this comment.",
    "network": "Where this comment came from is forgotten: that is kept for 14 days.",
}


def handle_of(ban: Ban) -> str:
    """What a ban is called outside: it tells nothing of whom it is about."""
    return signing.lasting("ban's handle", ban.id)


def name_of(comment: Comment, kind: str) -> str:
    """Whom a ban of that kind would be about; empty where that is not known."""
    if kind == "network":
        return comment_store.network_of(comment.full_id)
    return bans.email_name(comment.person) if kind == "email" else bans.host_of(comment.website)


def put_ban(comment: Comment, kind: str, days: int | None, note: Note, place: int = 0) -> Ban | None:
    """The ban, or None where one stands that lasts as long. `days` of 0 are for ever, none the usual."""
    if comment.is_author:
        raise Conflict("This comment is your own; whoever writes with a token of the blog cannot be banned.")
    if not (name := name_of(comment, kind)):
        raise Conflict(LACKS[kind])
    now = clock.now()
    if days is None:
        days = DAYS_OF_A_NETWORK if kind == "network" else 0
    ban = Ban(cast(Kind, kind), name, now, comment.full_id, now + timedelta(days=days) if days else None)
    return ban if _written(ban, lambda before: not _lasts(before, ban.until), note, place, "ban") else None


def lift_ban(handle: str, note: Note) -> Ban:
    """Raises NotFound where there is none (any more)."""
    found = next((ban for ban in bans.list_bans() if signing.same(handle_of(ban), handle)), None)
    if not found:
        raise NotFound("There is no such ban (any more). GET /api/moderation/bans lists them.")
    _removed(found, note, 0)
    return found


def take_back(act: str, before: Mapping[str, Any], after: Mapping[str, Any], note: Note, place: int) -> None:
    """Make a ban again what it was before an act. Raises Conflict where it is not as the act left it."""
    kind, _, name = str(after.get("ban", "")).partition("#")
    stands, _ = store.find_ban(kind, name)
    if _state(stands) != _without_key(after):
        raise Conflict("The ban was changed since.")
    earlier = _ban(kind, name, before)
    if earlier and (earlier.until is None or earlier.until > clock.now()):
        _written(earlier, lambda _: True, note, place, "ban" if act == "lift" else act)
    elif stands:
        _removed(stands, note, place)


def is_as_left(after: Mapping[str, Any], bans_that_hold: Mapping[str, Ban]) -> bool:
    """Whether a ban is as an act left it, by its key, so that the act can be taken back."""
    return _state(bans_that_hold.get(str(after.get("ban", "")))) == _without_key(after)


def _lasts(before: Ban | None, until: datetime | None) -> bool:
    """Whether a ban stands until then, at least."""
    if not before:
        return False
    return before.until is None or (until is not None and before.until >= until)


def _written(ban: Ban, is_wanted: Callable[[Ban | None], bool], note: Note, place: int, act: str) -> bool:
    """Whether it was; not where the one that stands will do."""
    for attempt in range(TRIES):
        table.pause(attempt)
        before, item = store.find_ban(ban.kind, ban.name)
        if before == ban or not is_wanted(before):
            return before == ban and attempt > 0
        put = Put(bans.put(ban).item, _unchanged(item))
        if _done([put, *_noted((before, ban), note, place, act)]):
            return True
    raise Unavailable


def _removed(ban: Ban, note: Note, place: int) -> None:
    at = When("#at = :at", at=clock.stamp(ban.at))
    if not _done([Delete(ban.key, at), *_noted((ban, None), note, place, "lift")]):
        stands, _ = store.find_ban(ban.kind, ban.name)
        if stands:
            raise Conflict("The ban was changed meanwhile. Look at it again.")


def _done(writes: list[Write]) -> bool:
    try:
        table.transact(writes)
    except Refused:
        return False
    return True


def _unchanged(item: Item | None) -> When:
    if not item:
        return ABSENT
    at = item.get("at")
    return When("#at = :at", at=at) if isinstance(at, str) else When("attribute_not_exists(#at)")


def _noted(change: tuple[Ban | None, Ban | None], note: Note, place: int, act: str) -> list[Put]:
    """The line in the log; one of the two is there."""
    ban = change[1] or change[0]
    if not ban:
        return []
    before, after = ({"ban": ban.id, **_state(one)} for one in change)
    return note.entries(place, ban.about, [Step(act, before, after)], 0)


def _state(ban: Ban | None) -> dict[str, Any]:
    if not ban:
        return {}
    until = clock.stamp(ban.until) if ban.until else None
    return {"at": clock.stamp(ban.at), "until": until, "about": ban.about}


def _without_key(state: Mapping[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in state.items() if name != "ban"}


def _ban(kind: str, name: str, state: Mapping[str, Any]) -> Ban | None:
    at = clock.known(state.get("at"))
    if not at:
        return None
    return Ban(cast(Kind, kind), name, at, str(state.get("about", "")), clock.known(state.get("until")))
