"""What was said under an e-mail address: shown to whoever reads mail there, saved, erased."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from chalicelib.comments.actions import comments_of
from chalicelib.comments.actions import erase as erase_comment
from chalicelib.comments.model import Comment, split_id
from chalicelib.core import clock, jobs, mail, networks, table, windows
from chalicelib.core.config import config
from chalicelib.core.jobs import Handler
from chalicelib.core.problems import NotFound, Unavailable
from chalicelib.core.table import TRIES, Delete, Refused, Write
from chalicelib.core.values import value
from chalicelib.core.windows import Limit
from chalicelib.notices import letters, store
from chalicelib.people import store as people
from chalicelib.people.actions import claim_asking, person_of
from chalicelib.people.store import SaidRow
from chalicelib.posts.actions import posts_at
from chalicelib.posts.model import Post
from chalicelib.settings.actions import current_site

ASK, ERASE = "ask", "erase"
LIMITS = (Limit(5, 3600),)
"""Of links that one network asks for."""
PART = 100
"""Comments on a page and in a file at most."""
PART_BYTES = 2_000_000
"""Of their texts at most, unless one alone is larger: a function may answer 6 MB, escapes and all."""
AT_ONCE = 25
"""Comments erased before what is left is read again."""
ERASES_SECONDS = 20
"""How long the job goes on before it makes room for others; a function may run for sixty."""


# --- a link is asked for ---------------------------------------------------------------------


def request_link(email: str, neighbourhood: str) -> bool:
    """Have a link mailed, if something was said under that address: a job finds out, so that neither the
    answer nor its time tells. False where that network asked too often.
    """
    person = person_of(email)
    keys = windows.keys("yours", networks.keys_of(neighbourhood))
    for attempt in range(TRIES):
        table.pause(attempt)
        window = windows.window(keys, table.batch_get(keys, consistent=True))
        if window.wait(LIMITS):
            return False
        job = jobs.new(ASK, person)
        try:
            table.transact([window.noted(LIMITS), store.put_asking(person, email), job.put(queued=True)])
        except Refused:
            continue
        jobs.send([job])
        return True
    raise Unavailable


def ask(person: str) -> datetime | None:
    """The job: mail the link, or wait until that address may be mailed to. Then the address is forgotten."""
    address = store.asking_address(person)
    if address and config().sends_mail and people.said_by(person, 1).items:
        claim = claim_asking(person, ASK)
        if not claim:
            return when_free(person)
        mail.send_once(letters.link_to_yours(person, address, claim, current_site()))
    table.write(store.forget_asking(person))
    return None


def when_free(person: str) -> datetime:
    """When that address may be mailed to again, as far as that is known."""
    found = people.find_claim(person)
    if not found:
        return clock.now() + timedelta(hours=1)
    return datetime.fromtimestamp(found.ends, UTC) + timedelta(seconds=1)


# --- what is there ---------------------------------------------------------------------------


@value
class Yours:
    comments: list[Comment]
    """Of one part, the oldest first."""
    posts: Mapping[str, Post]
    """{home: post}"""
    count: int
    """In all parts together."""
    more: str
    """After which comment the next part begins; empty in the last one."""
    is_erasing: bool
    confirmed: list[datetime]
    """When mailboxes were."""


def all_said(person: str, after: str = "") -> Yours:
    """One part, which begins after the comment with that full id. Raises NotFound for what is no id."""
    if after and not split_id(after):
        raise NotFound("There is no such part.")
    ids = list(_ids(person))
    rest = [full_id for full_id in ids if not after or _place(full_id) > _place(after)]
    comments, last = _part(person, rest[:PART])
    confirmed = [box.confirmed_at for box in people.mailboxes_of(person) if box.confirmed_at]
    posts = posts_at({comment.home for comment in comments})
    more = last if rest and last != rest[-1] else ""
    return Yours(comments, posts, len(ids), more, store.is_erasing(person), confirmed)


def _part(person: str, ids: Sequence[str]) -> tuple[list[Comment], str]:
    """As many comments as fit, and the id of the last one that was looked at."""
    found = comments_of(ids)
    fitting: list[Comment] = []
    size, last = 0, ""
    for full_id in ids:
        comment = found.get(full_id)
        if comment and comment.person == person:
            size += len(f"{comment.html}{comment.source}{comment.original or ''}".encode())
            if fitting and size > PART_BYTES:
                break
            fitting.append(comment)
        last = full_id
    return fitting, last


def _place(full_id: str) -> tuple[str, str]:
    """By which they are sorted in the table: by time."""
    post_id, _, comment_id = full_id.partition(".")
    return comment_id, post_id


def _ids(person: str) -> Iterator[str]:
    start = ""
    while True:
        found = people.said_by(person, 1000, start)
        yield from (row.full_id for row in found.items if row.full_id)
        if not found.more:
            return
        start = table.just_after(found.last)


# --- erasing ---------------------------------------------------------------------------------


def request_erasure(person: str) -> None:
    job = jobs.new(ERASE, person)
    table.transact([store.put_erasing(person), job.put(queued=True)])
    jobs.send([job])


def erase(person: str) -> datetime | None:
    """The job: some comments at a time, with what names them, until nothing is left under the address or its
    time is over. It goes on where it was cut off.
    """
    end = time.monotonic() + ERASES_SECONDS
    if not store.is_erasing(person):
        return None
    _write_each([*people.forget_mailboxes(person), store.forget_asking(person)])
    is_left = True
    while is_left:
        found = people.said_by(person, AT_ONCE)
        for row in found.items:
            _erase_comment(person, row)
        is_left = bool(found.more)
        if is_left and time.monotonic() >= end:
            return clock.now()
    table.write(store.forget_erasing(person))
    return None


def _erase_comment(person: str, row: SaidRow) -> None:
    """Its transaction takes the row that names it along, where the comment still names that address."""
    with suppress(NotFound):
        erase_comment(row.full_id, lambda comment: comment.person == person)
    table.write(Delete(row.key))


def _write_each(writes: list[Write]) -> None:
    for write in writes:
        table.write(write)


JOBS: Mapping[str, Handler] = {ASK: ask, ERASE: erase}
