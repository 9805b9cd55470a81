"""Threads made without a request for each reply."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from chalicelib.comments import store
from chalicelib.comments.actions import change_comment, decided
from chalicelib.comments.model import Comment, place
from chalicelib.core import table, text
from chalicelib.core.table import Put, Write
from chalicelib.posts.actions import public_post
from chalicelib.posts.tallies import read_tally

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
AT_ONCE = 90


def grow(slug: str, parents: Sequence[int | None], body: str = "Reply {}.") -> list[Comment]:
    """Approved replies, a minute apart: the n-th answers the one at `parents[n]`, or the post."""
    post = public_post(slug)
    made: list[Comment] = []
    for number, parent in enumerate(parents):
        above = made[parent] if parent is not None else None
        made.append(_comment(post.id, post.home, number, above, body.format(number)))
    writes: list[Write] = [Put(item) for comment in made for item in _items(comment)]
    for at in range(0, len(writes), AT_ONCE):
        table.transact(writes[at : at + AT_ONCE])
    table.transact(store._count(post.home, len(made), 0, is_listed=True))
    return made


def take_out(comment: Comment, status: str) -> None:
    """As the author does."""
    change_comment(comment.full_id, lambda before: decided(before, status))


def walk(comments: Sequence[Comment], above: tuple[str, ...] = ()) -> list[str]:
    """The ids as a walk of the tree meets them, each level by time: the model of a thread."""
    ids = []
    for comment in comments:
        if comment.path[:-1] == above:
            ids += [comment.id, *walk(comments, comment.path)]
    return ids


def _comment(post_id: str, home: str, number: int, above: Comment | None, body: str) -> Comment:
    moment = BEGAN + timedelta(minutes=number)
    comment_id = text.new_id(moment)
    return Comment(
        id=comment_id,
        post_id=post_id,
        home=home,
        path=place(comment_id, above),
        parent_id=above.id if above else None,
        name=f"Reader {number}",
        website="",
        source=body,
        html=f"<p>{body}</p>",
        is_author=False,
        status="approved",
        created_at=moment,
        decided_at=moment,
        version=1,
    )


def _items(comment: Comment) -> list[table.Item]:
    return [store.to_item(comment), store.row_to_item(comment)]


def contradictions(slug: str) -> list[str]:
    """Where the records, the public rows and the tallies of a post disagree."""
    post = public_post(slug)
    records = [store.from_item(item) for item in table.query(f"K#{post.id}", limit=10_000, consistent=True)]
    rows = store.rows_from(post.home, store.ROW, 10_000).items
    counted = read_tally(post.home).replies
    approved = {record.path for record in records if record.status == "approved"}
    shown = {row.path for row in rows if not row.gone}
    found = []
    if approved != shown:
        found.append(f"approved are {sorted(approved)}, shown are {sorted(shown)}")
    if counted != len(approved):
        found.append(f"{counted} are counted, {len(approved)} are approved")
    return found
