"""What may be done about what readers write: each act with its line in the log, and each to be undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from chalicelib.comments import store as comment_store
from chalicelib.comments.actions import (
    Changed,
    answer_as_author,
    change_comment,
    comments_of,
    refuse_answer,
    require_comment,
)
from chalicelib.comments.bans import Ban
from chalicelib.comments.model import COMMENT_FIELDS, Comment
from chalicelib.comments.texts import TEXTS, earlier_texts
from chalicelib.core.problems import Conflict, Invalid, NotFound, PreconditionFailed, Unavailable
from chalicelib.core.requests import Principal
from chalicelib.core.table import Refused, Write
from chalicelib.moderation import store
from chalicelib.moderation.banning import lift_ban, put_ban, take_back
from chalicelib.moderation.closing import as_before, closing, conversation_of, is_as_left, set_open
from chalicelib.moderation.model import (
    ACT_OF,
    MOST,
    OF_POSTS,
    Entry,
    Outcome,
    Result,
    steps_between,
)
from chalicelib.moderation.notes import Note, new_note
from chalicelib.moderation.rules import Trust, Wish, changed, trust_between, trusting, wish_of
from chalicelib.posts.actions import edit_post, require_post
from chalicelib.settings.actions import current_site

LOOKED_THROUGH = 500
"""Comments of a network among which those of one status are looked for."""

Ids = Iterable[str] | Mapping[str, int | None]
"""Full ids of comments, or these with the versions that they must be at."""


# --- comments --------------------------------------------------------------------------------


def decide(full_ids: Ids, act: str, *, by: Principal, why: str = "") -> Outcome:
    """Do the same with up to a hundred comments, each in a transaction of its own with its line in the log.
    `act` is one of `model.BY_ONE_CLICK`, or the status that it leads to.
    """
    wish = wish_of(ACT_OF.get(act, act))
    note = new_note(by, why)
    return _each(full_ids, note, lambda full_id, expected, place: _one(full_id, wish, note, place, expected))


def change(
    full_id: str,
    wish: Wish | Callable[[Comment], Wish],
    *,
    by: Principal,
    why: str = "",
    expected: int | None = None,
    also: Callable[[str], Sequence[Write]] | None = None,
) -> tuple[Comment, str]:
    """Change one comment in several ways at once; the comment, and the batch under which that can be undone
    (empty where nothing changed), of which `also` knows. Raises NotFound, Conflict, PreconditionFailed, and
    Refused where a condition of what is written `also` does not hold.
    """
    note = new_note(by, why)
    wished = wish if callable(wish) else lambda _: wish
    others = also(note.batch) if also else ()
    done = _change(full_id, wished, note, 0, expected=expected, others=others)
    return done.after, note.batch if done.after is not done.before else ""


def ban(full_ids: Ids, kind: str, days: int | None = None, *, by: Principal, why: str = "") -> Outcome:
    """Ban who wrote these comments: by `email`, `site` or `network`, for so many days, 0 for ever."""
    note = new_note(by, why)

    def one(full_id: str, _: int | None, place: int) -> Result:
        comment = comments_of([full_id]).get(full_id)
        if not comment:
            raise NotFound("There is no such comment.")
        made = put_ban(comment, kind, days, note, place)
        return Result(full_id, "done" if made else "unchanged", comment=comment)

    return _each(full_ids, note, one)


def lift(handle: str, *, by: Principal, why: str = "") -> tuple[Ban, str]:
    """End a ban; it, and the batch. Raises NotFound."""
    note = new_note(by, why)
    return lift_ban(handle, note), note.batch


def same_network(full_id: str, limit: int = MOST, after: str | None = None) -> list[Comment]:
    """A comment, and others of the same status that came from its network in the last days, the newest first;
    from where a page ended that had another of them as its last. Raises NotFound.
    """
    own = comments_of([full_id]).get(full_id)
    if not own:
        raise NotFound("There is no such comment.")
    network = comment_store.network_of(full_id)
    ids = comment_store.from_network(network, LOOKED_THROUGH) if network else []
    found = comments_of(ids) | {full_id: own}
    named = list(dict.fromkeys([full_id, *ids]))
    if after:
        named = named[named.index(after) + 1 :] if after in named else []
    ordered = [found[one] for one in named if one in found]
    return [comment for comment in ordered if comment.status == own.status][:limit]


def answer(full_id: str, body: str, *, by: Principal, expected: int | None = None) -> tuple[Comment, str]:
    """Answer a comment as the author, which approves it; the answer, and the batch of the approval. An answer
    that is refused approves nothing.
    """
    site = current_site()
    fields = COMMENT_FIELDS.read({"name": site.author, "body": body, "parent": full_id})
    post = require_post(require_comment(full_id).post_id)
    refuse_answer(post, fields)
    _, batch = change(full_id, {"status": "approved"}, by=by, expected=expected)
    return answer_as_author(post, fields), batch


def _each(full_ids: Ids, note: Note, act: Callable[[str, int | None, int], Result]) -> Outcome:
    wanted = full_ids if isinstance(full_ids, Mapping) else dict.fromkeys(full_ids)
    if len(wanted) > MOST:
        raise Invalid("ids", f"At most {MOST} comments are taken at a time.")
    tasks = [
        (full_id, partial(act, full_id, expected, place))
        for place, (full_id, expected) in enumerate(wanted.items())
    ]
    return _outcome(note, tasks)


def _outcome(note: Note, tasks: Iterable[tuple[str, Callable[[], Result]]]) -> Outcome:
    """Of each thing by itself. Raises Unavailable where storage does not answer from the first on."""
    results: list[Result] = []
    failed: Unavailable | None = None
    for about, task in tasks:
        try:
            results.append(Result(about, "failed", failed.detail) if failed else task())
        except NotFound as problem:
            results.append(Result(about, "not_found", problem.detail))
        except (Conflict, Invalid, PreconditionFailed) as problem:
            results.append(Result(about, "conflict", problem.detail))
        except Unavailable as problem:
            failed = problem
            results.append(Result(about, "failed", problem.detail))
    if failed and results[0].outcome == "failed":
        raise failed
    any_done = any(result.outcome == "done" for result in results)
    return Outcome(note.batch if any_done else "", tuple(results))


def _one(full_id: str, wish: Wish, note: Note, place: int, expected: int | None) -> Result:
    done = _change(full_id, lambda _: wish, note, place, expected=expected)
    return Result(full_id, "unchanged" if done.after is done.before else "done", comment=done.after)


def _change(
    full_id: str,
    wish: Callable[[Comment], Wish],
    note: Note,
    place: int,
    *,
    expected: int | None,
    others: Sequence[Write] = (),
) -> Changed:
    def also(before: Comment, after: Comment) -> list[Write]:
        trust = trust_between(before, after, wish(before), undoing=bool(note.undoes))
        entries = note.entries(place, full_id, steps_between(before, after, trust), after.version)
        return [*others, *entries, *trusting(after.visitor, trust)]

    try:
        return change_comment(full_id, lambda before: changed(before, wish(before)), expected, also)
    except Refused as refused:
        if refused.positions & set(range(len(others))):
            raise
        # Somebody noted something under the very same id.
        raise Unavailable from refused


# --- conversations -----------------------------------------------------------------------------


def set_conversation(post_id: str, *, is_open: bool, by: Principal, why: str = "") -> Outcome:
    """Close the conversation under a post, or open it again. Raises NotFound."""
    note = new_note(by, why)
    before = require_post(post_id)
    changes = set_open(before, is_open=is_open)
    after = edit_post(post_id, changes, before.version, also=closing(by, note))
    is_done = conversation_of(after) != conversation_of(before)
    return Outcome(note.batch if is_done else "", (Result(post_id, "done" if is_done else "unchanged"),))


# --- the log -----------------------------------------------------------------------------------


def list_log(limit: int, before: str) -> tuple[list[Entry], str]:
    """The newest first; and where the next page begins."""
    return store.newest(limit, before)


def undo(batch: str, *, by: Principal, why: str = "") -> Outcome:
    """Take back what was done together, as far as it is still as it was left. That is an act in the log
    itself, and can be undone. Raises NotFound.
    """
    together: dict[str, list[Entry]] = {}
    for entry in store.of_batch(batch):
        key = str(entry.after.get("ban", "")) or entry.about
        together.setdefault(key, []).append(entry)
    if not together:
        raise NotFound("Nothing was done under this name. GET /api/moderation/log lists what was.")
    note = new_note(by, why, undoes=batch)
    tasks = [
        (entries[0].about, partial(_undone, entries, note, place))
        for place, entries in enumerate(together.values())
    ]
    # The last first: what came of one act may have been changed by the next, such as whom it made trusted.
    return _outcome(note, tasks[::-1])


def _undone(entries: Sequence[Entry], note: Note, place: int) -> Result:
    first = entries[0]
    if first.act in ("ban", "lift"):
        take_back(first.act, first.before, first.after, note, place)
        return Result(first.about, "done")
    if first.act in OF_POSTS:
        return _reopened(first, note, place)
    try:
        done = _change(first.about, lambda now: _as_before(now, entries), note, place, expected=first.version)
    except PreconditionFailed as problem:
        raise Conflict("The comment was changed since, so it was left as it is.") from problem
    return Result(first.about, "unchanged" if done.after is done.before else "done", comment=done.after)


def _as_before(now: Comment, entries: Iterable[Entry]) -> Wish:
    wish: dict[str, object] = {}
    for entry in entries:
        wish |= entry.before
        if "trusted" in entry.before:
            wish["trust"] = Trust(str(entry.before["trusted"]), str(entry.after.get("trusted", "")))
    if "text" in wish:
        earlier = earlier_texts(now).get(int(str(wish.pop("text"))))
        if not earlier:
            raise Conflict("What the comment said before is not kept any more.")
        wish |= {name: earlier[name] for name in TEXTS}
    return wish


def _reopened(entry: Entry, note: Note, place: int) -> Result:
    post = require_post(entry.about)
    if not is_as_left(post, entry.after):
        raise Conflict("The conversation was closed or opened since, so it was left as it is.")
    edit_post(post.id, as_before(entry.before), post.version, also=closing(note.by, note, place))
    return Result(post.id, "done")
