"""What an author may do about what readers write, and what is noted of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from chalicelib.comments.model import COMMENT_FIELDS, STATUSES, Comment
from chalicelib.comments.texts import TEXTS, texts_of
from chalicelib.core.fields import Choice, Fields, Flag, ListOf, Number, Object, Text, TextOrObject
from chalicelib.core.values import value

STATUS_OF = {"approve": "approved", "hold": "pending", "spam": "spam", "delete": "deleted"}
ACT_OF = {status: act for act, status in STATUS_OF.items()}
FLAG_OF = {
    "stick": ("is_sticky", True),
    "unstick": ("is_sticky", False),
    "hide": ("is_hidden", True),
    "show": ("is_hidden", False),
}
BY_ONE_CLICK = (*STATUS_OF, *FLAG_OF)
"""Acts on comments that need nothing but their names."""
MUST_BE_READ = ("approve", "stick", "show", "edit", "answer")
"""Acts that put words before readers, and are therefore for the version that was shown. Whatever takes words
away is for whatever stands: else their writer could keep them up by changing them all the time.
"""
ACTS = (*BY_ONE_CLICK, "edit", "ban", "lift", "close", "open", "closing")
OF_POSTS = ("close", "open", "closing")
"""Acts that are about the conversation under a post."""

MOST = 100
"""Comments at a time."""
KINDS = ("email", "site", "network")
DAYS_OF_A_NETWORK = 30
"""Networks change hands; a ban of one ends by itself unless its author says otherwise."""
LONGEST_WHY = 300


BY_MAIL = "link in a mail"
"""Who the log says it was that followed a link; pages say it in the blog's language."""


# --- the log ---------------------------------------------------------------------------------


@value
class Entry:
    """What was done about one thing, by whom, and why: no content, and nobody's address."""

    id: str
    """Sorts by time: that of its batch, and the place within it."""
    at: datetime
    who: str
    token_id: str
    """Of the token that was used; empty for a link in a mail."""
    act: str
    about: str
    """The full id of a comment, or the id of a post; of a ban the comment that gave rise to it."""
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    why: str = ""
    version: int = 0
    """Of what it is about, as the act left it."""
    undoes: str = ""
    """The batch that it undid."""

    @property
    def batch(self) -> str:
        """What was done together, and is undone together."""
        return self.id.partition(".")[0]


class Result(NamedTuple):
    """What became of one comment."""

    id: str
    outcome: str
    """`done`, `unchanged`, `not_found` or `conflict`."""
    detail: str = ""
    comment: Comment | None = None


@value
class Outcome:
    batch: str
    """Empty where nothing was changed."""
    results: tuple[Result, ...]

    def count(self, outcome: str) -> int:
        return sum(result.outcome == outcome for result in self.results)


class Step(NamedTuple):
    act: str
    before: dict[str, Any]
    after: dict[str, Any]


def steps_between(before: Comment, after: Comment, trust: tuple[str, str]) -> Iterator[Step]:
    """The acts that lead from one to the other, each with what it changed; `trust` is since when the
    writer's browser was trusted before, and since when it is now.
    """
    if before.status != after.status:
        was, now = ({"trusted": since} if trust[0] != trust[1] else {} for since in trust)
        yield Step(ACT_OF[after.status], {"status": before.status, **was}, {"status": after.status, **now})
    if texts_of(before) != texts_of(after):
        # The texts themselves stand with the comment, under the version that they were last at.
        yield Step(
            "edit",
            {"text": before.version, "edited_by": before.edited_by},
            {"text": after.version, "edited_by": after.edited_by},
        )
    for name, acts in (("is_sticky", ("unstick", "stick")), ("is_hidden", ("show", "hide"))):
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            yield Step(acts[now], {name: was}, {name: now})


# --- what may be sent -------------------------------------------------------------------------

WHY = Text(LONGEST_WHY)
CHANGES = Fields(
    status=Choice(STATUSES),
    **{name: COMMENT_FIELDS.declared[name] for name in TEXTS},
    is_sticky=Flag(),
    is_hidden=Flag(),
    why=WHY,
)
VERSIONED = Object({"id": Text(60), "version": Number(1, 10**9)}, ("id", "version"))
DECIDE = Fields(
    ids=ListOf(MOST, TextOrObject(Text(60), VERSIONED)),
    network_of=Text(60),
    act=Choice((*BY_ONE_CLICK, "ban")),
    kind=Choice(KINDS),
    days=Number(0, 3650),
    why=WHY,
)
BAN = Fields(comment=Text(60), kind=Choice(KINDS), days=Number(0, 3650), why=WHY)
UNDO = Fields(batch=Text(13), why=WHY)
EDIT = Fields(**{name: COMMENT_FIELDS.declared[name] for name in TEXTS})
