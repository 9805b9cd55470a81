"""The author's pages for moderation, as templates show them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from markupsafe import Markup, escape

from chalicelib.comments.bans import Ban, host_of
from chalicelib.comments.model import STATUSES, Comment, split_id
from chalicelib.comments.screening import REASONS
from chalicelib.comments.texts import original_of
from chalicelib.comments.views import CommentView, of_record
from chalicelib.core import clock, signing, text
from chalicelib.core.values import value
from chalicelib.core.views import PostLink, Stamp, stamp_of
from chalicelib.core.words import Words
from chalicelib.moderation.banning import handle_of, is_as_left
from chalicelib.moderation.closing import is_as_left as is_conversation_left
from chalicelib.moderation.model import ACT_OF, BY_MAIL, OF_POSTS, STATUS_OF, Entry, Outcome
from chalicelib.posts.model import Post
from chalicelib.posts.views import path_of

NOTICE = "moderation notice"
EXCERPT = 140
BUTTONS = {
    "pending": ("approve", "spam", "delete"),
    "approved": ("hold", "spam", "delete"),
    "spam": ("approve", "hold", "delete"),
    "deleted": ("approve", "hold", "spam"),
}
OF_A_NETWORK = {"pending": "spam", "approved": "spam", "spam": "delete"}
ALONE = (*OF_POSTS, "ban", "lift", "edit", "answer")
"""Acts that are told without a number."""


class LinkView(NamedTuple):
    """A link in a mail."""

    act: str
    state: Markup
    """What the comment is now."""
    is_good: bool
    can_undo: bool


class Tab(NamedTuple):
    label: Markup
    url: str
    is_current: bool


@value
class Notice:
    """What was just done, with what it takes to undo it."""

    said: tuple[Markup, ...]
    batch: str


@value
class Line:
    """A comment to be decided on."""

    id: str
    version: int
    status: str
    url: str
    comment: CommentView
    website: str
    """As text: it leads nowhere before it is approved."""
    post: PostLink | None
    post_id: str
    is_closed: bool
    parent_name: str
    parent_said: str
    reasons: tuple[str, ...]
    buttons: tuple[str, ...]
    is_flood: bool
    """Whether it is the first of several on the page that came from its network."""
    network_act: str
    """What can be done to all that came from its network; empty where that is nothing."""
    kinds: tuple[str, ...]
    """By what its writer can be banned."""
    is_erased: bool
    is_sticky: bool
    is_hidden: bool
    edited: str
    original: str
    """What its writer had written, where the author changed it."""
    values: Mapping[str, str]
    errors: Mapping[str, str]
    is_open: bool
    """Whether all that can be done is laid out."""


class Thing(NamedTuple):
    """What an act was about: a comment with its post, or a post alone."""

    url: str
    """Of the page of the comment; empty for a post."""
    name: str
    """Who wrote the comment; empty where that is not known any more."""
    post: PostLink | None


@value
class Done:
    """A batch in the log."""

    batch: str
    at: Stamp
    who: str
    acts: tuple[Markup, ...]
    count: int
    """Of comments; 0 where the acts are told without a number."""
    things: tuple[Thing, ...]
    why: str
    is_undoing: bool
    can_undo: bool
    """Whether anything is still as it was left."""


@value
class BanView:
    id: str
    kind: str
    site: str
    about: Thing | None
    """The comment that gave rise to it."""
    at: Stamp
    until: Stamp | None


def tabs(root: str, current: str, words: Words) -> list[Tab]:
    lists = [Tab(words(f"desk.{one}"), f"{root}/moderate?status={one}", one == current) for one in STATUSES]
    rest = [Tab(words(f"desk.{one}"), f"{root}/moderate/{one}", one == current) for one in ("log", "bans")]
    return [*lists, *rest]


@value
class Around:
    """What a page's comments stand among."""

    posts: Mapping[str, Post]
    """By their homes."""
    parents: Mapping[str, Comment]
    """Whom they answer, by their full ids."""
    networks: Mapping[str, str]
    """Where they came from, by their own full ids, as far as that is known."""


def lines(comments: Sequence[Comment], around: Around, root: str, words: Words) -> list[Line]:
    networks = [around.networks.get(one.full_id, "") for one in comments]
    firsts = {name: at for at, name in reversed([*enumerate(networks)]) if name and networks.count(name) > 1}
    floods = set(firsts.values())
    return [line(one, around, root, words, is_flood=at in floods) for at, one in enumerate(comments)]


AROUND_A_COMMENT = 10_000
"""Bytes of its buttons and forms, at most."""


def weight_of(comment: Comment) -> int:
    """How many bytes of the page it takes: as it is shown, and in the form in which it can be changed."""
    original = (original_of(comment) or {}).get("body", "") if comment.edited_by == "author" else ""
    texts = (escape(comment.source), comment.html, escape(original))
    return AROUND_A_COMMENT + sum(len(one.encode()) for one in texts)


def parent_of(comment: Comment) -> str:
    return f"{comment.post_id}.{comment.parent_id}" if comment.parent_id else ""


def line(
    comment: Comment,
    around: Around,
    root: str,
    words: Words,
    *,
    is_flood: bool = False,
    is_open: bool = False,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Line:
    post, parent = around.posts.get(comment.home), around.parents.get(parent_of(comment))
    has_network = comment.full_id in around.networks and not comment.is_erased
    url = root + path_of(post) if post else ""
    original = original_of(comment) if comment.edited_by else None
    known = {"email": comment.person, "site": host_of(comment.website), "network": has_network}
    own = {"name": comment.name, "website": comment.website, "body": comment.source, "answer": ""}
    return Line(
        id=comment.full_id,
        version=comment.version,
        status=comment.status,
        url=f"{root}/moderate/comments/{comment.full_id}",
        comment=of_record(comment, url, words),
        website=comment.website,
        post=_post_link(post, url, words),
        post_id=comment.post_id,
        is_closed=post is not None and not post.takes_replies(clock.now()),
        parent_name=parent.name if parent else "",
        parent_said=text.excerpt(parent.source, EXCERPT) if parent else "",
        reasons=tuple(_reason(reason, words) for reason in comment.reasons),
        buttons=() if comment.is_erased else BUTTONS.get(comment.status, ()),
        is_flood=is_flood,
        network_act=OF_A_NETWORK.get(comment.status, "") if has_network else "",
        kinds=()
        if comment.is_author or comment.is_erased
        else tuple(kind for kind, name in known.items() if name),
        is_erased=comment.is_erased,
        is_sticky=comment.is_sticky,
        is_hidden=comment.is_hidden,
        edited=str(words(f"desk.edited.{comment.edited_by}")) if comment.edited_by else "",
        original=original["body"] if original else "",
        values=own | dict(values or {}),
        errors=errors or {},
        is_open=is_open,
    )


def _post_link(post: Post | None, url: str, words: Words) -> PostLink | None:
    if not post:
        return None
    title = post.title or words.day(post.published_at or post.created_at)
    return PostLink(url, title, post.language if post.title else "")


def _reason(reason: object, words: Words) -> str:
    return words.plain(f"reason.{reason}") if reason in REASONS else str(reason)


@value
class Known:
    """What the log and the bans speak of, as it is now."""

    comments: Mapping[str, Comment]
    """By their full ids."""
    posts: Mapping[str, Post]
    """By their ids."""
    bans: Mapping[str, Ban]
    """Those that hold, by their keys."""


def done_views(entries: Iterable[Entry], known: Known, root: str, words: Words) -> list[Done]:
    """The log, what was done together as one."""
    return [
        _done(list(group), known, root, words) for _, group in groupby(entries, lambda entry: entry.batch)
    ]


def _done(entries: Sequence[Entry], known: Known, root: str, words: Words) -> Done:
    first = entries[0]
    about = list(dict.fromkeys(entry.about for entry in entries))
    by_mail = first.who == BY_MAIL and not first.token_id
    return Done(
        batch=first.batch,
        at=stamp_of(first.at, words),
        who=words.plain("log.by_mail") if by_mail else first.who,
        acts=tuple(words(f"act.{act}") for act in dict.fromkeys(entry.act for entry in entries)),
        count=0 if all(entry.act in ALONE for entry in entries) else len(about),
        things=tuple(thing for one in about if (thing := _thing(one, known, root, words))),
        why=first.why,
        is_undoing=bool(first.undoes),
        can_undo=any(_stands(entry, known) for entry in entries),
    )


def _stands(entry: Entry, known: Known) -> bool:
    """Whether what was done is still as the act left it."""
    if entry.act in ("ban", "lift"):
        return is_as_left(entry.after, known.bans)
    if entry.act in OF_POSTS:
        post = known.posts.get(entry.about)
        return post is not None and is_conversation_left(post, entry.after)
    comment = known.comments.get(entry.about)
    return comment is not None and comment.version == entry.version


def _thing(about: str, known: Known, root: str, words: Words) -> Thing | None:
    """By the full id of a comment, or the id of a post."""
    ids, comment = split_id(about), known.comments.get(about)
    post = known.posts.get(ids[0] if ids else about)
    link = _post_link(post, root + path_of(post), words) if post else None
    if ids:
        return Thing(f"{root}/moderate/comments/{about}", comment.name if comment else "", link)
    return Thing("", "", link) if link else None


def ban_view(ban: Ban, known: Known, root: str, words: Words) -> BanView:
    return BanView(
        id=handle_of(ban),
        kind=ban.kind,
        site=ban.name if ban.kind == "site" else "",
        about=_thing(ban.about, known, root, words) if split_id(ban.about) else None,
        at=stamp_of(ban.at, words),
        until=stamp_of(ban.until, words) if ban.until else None,
    )


def link_view(act: str, state: str, status: str, words: Words) -> tuple[LinkView, Markup]:
    """A link to act about a comment of that status; and what is said where it cannot be used (any more)."""
    now = words(f"link.now.{status}")
    if state == "used" and status == STATUS_OF[act]:
        return LinkView(act, Markup(), is_good=False, can_undo=True), words(f"link.done.{act}")
    view = LinkView(act, now, is_good=state == "good", can_undo=False)
    if state == "decided":
        return view, words("link.decided", act=words(f"act.{ACT_OF[status]}"))
    return view, words(f"link.{state}") if state != "good" else Markup()


# --- what is told after an act ---------------------------------------------------------------


def sealed_notice(act: str, outcome: Outcome) -> str:
    """Goes through the address of the next page; nobody else can make one."""
    done = outcome.count("done")
    left = [result for result in outcome.results if result.outcome not in ("done", "unchanged")]
    detail = left[0].detail if len(outcome.results) == 1 and left else ""
    parts = [act, done, outcome.count("unchanged"), len(left), detail, outcome.batch]
    return signing.seal(NOTICE, json.dumps(parts))


def read_notice(sealed: str, words: Words) -> Notice | None:
    """None for what this blog has not said."""
    try:
        act, done, unchanged, left, detail, batch = json.loads(signing.unseal(NOTICE, sealed))
    except ValueError:
        return None
    said: list[Markup] = []
    if done:
        name = words(f"act.{act}")
        said.append(words("desk.done", act=name) if act in ALONE else words.count("desk.did", done, act=name))
    if unchanged:
        said.append(words.count("desk.unchanged", unchanged))
    if left:
        # A problem's own words are English, and more to the point.
        is_told = detail and words.language == "en"
        said.append(escape(detail) if is_told else words.count("desk.left", left))
    return Notice(tuple(said) or (words("desk.unticked"),), batch)
