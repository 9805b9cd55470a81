"""The author's API for what readers write: the queue, decisions, the log, bans."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chalicelib.comments import store as comment_store
from chalicelib.comments.actions import list_comments, require_comment
from chalicelib.comments.bans import Ban, list_bans
from chalicelib.comments.model import STATUSES, Comment
from chalicelib.comments.texts import original_of
from chalicelib.core import answers, clock, web
from chalicelib.core.answers import Answer
from chalicelib.core.listing import cursor, limit_from, position, that_fit
from chalicelib.core.problems import BadRequest, Invalid, NotFound
from chalicelib.core.requests import Principal, Request
from chalicelib.moderation import actions, store
from chalicelib.moderation.banning import handle_of
from chalicelib.moderation.model import (
    BAN,
    CHANGES,
    DECIDE,
    UNDO,
    Entry,
    Outcome,
    Result,
)
from chalicelib.posts.actions import posts_at
from chalicelib.posts.model import Post
from chalicelib.posts.views import path_of

routes = web.Routes()

LARGEST = 100_000
LOG = "moderation log"
ORDERS = ("oldest", "newest")


# --- comments --------------------------------------------------------------------------------


@routes.get("/api/comments", scope="moderate", takes=("status", "order", "network_of", "limit", "cursor"))
def show_queue(request: Request) -> Answer:
    """One status, in either order; or what came from the network of a comment and is where that one is."""
    if named := request.parameter("network_of"):
        return _show_network(request, named)
    status, limit = request.parameter("status") or "pending", limit_from(request)
    if status not in STATUSES:
        raise BadRequest(f"“status” must be one of {', '.join(STATUSES)}.")
    order = request.parameter("order") or ORDERS[0]
    if order not in ORDERS:
        raise BadRequest(f"“order” must be {' or '.join(ORDERS)}.")
    listing = f"comments {status} {order}"
    at = position(listing, request.parameter("cursor"))
    found = list_comments(status, limit, at, newest=order == "newest")
    shown = _all_shown(request, found.items)
    if len(shown) < len(found.items):
        last = comment_store.queue_key(found.items[len(shown) - 1])
    else:
        last = found.last if found.more else ""
    return answers.of_json({"items": shown, "cursor": cursor(listing, last) if last else None})


def _show_network(request: Request, named: str) -> Answer:
    if request.parameter("status") or request.parameter("order"):
        raise BadRequest("“network_of” lists comments of one status, the newest first: leave out the rest.")
    listing, limit = f"network of {named[:60]}", limit_from(request)
    after = position(listing, request.parameter("cursor"))
    same = actions.same_network(named, limit + 1, after)
    shown = _all_shown(request, same[:limit])
    last = cursor(listing, same[len(shown) - 1].full_id) if len(shown) < len(same) else None
    return answers.of_json({"items": shown, "cursor": last})


@routes.get("/api/comments/{comment_id}", scope="moderate")
def show_comment(request: Request, comment_id: str) -> Answer:
    return _answer(request, require_comment(comment_id))


@routes.patch("/api/comments/{comment_id}", scope="moderate")
def change_comment(request: Request, comment_id: str) -> Answer:
    """Decide about it, change its text, make it sticky or hidden: what is sent, in one step."""
    sent = CHANGES.read(request.json(LARGEST))
    wish = {name: part for name, part in sent.items() if name != "why"}
    if not wish:
        known = ", ".join(name for name in CHANGES.declared if name != "why")
        raise Invalid("status", f"Nothing is to be changed: send one or more of {known}.")
    return _answer(request, _changed(request, comment_id, wish, sent.get("why", "")))


@routes.delete("/api/comments/{comment_id}", scope="moderate")
def delete_comment(request: Request, comment_id: str) -> Answer:
    _changed(request, comment_id, {"status": "deleted"})
    return answers.nothing()


@routes.post("/api/comments/decide", scope="moderate")
def decide_together(request: Request) -> Answer:
    """The same for up to a hundred comments: by their ids, with versions or without, or all from the network
    of one.
    """
    sent = DECIDE.read(request.json(LARGEST))
    if "act" not in sent:
        raise Invalid("act", "“act” is missing: say what shall be done.")
    if ("ids" in sent) == ("network_of" in sent):
        raise Invalid("ids", "Send “ids”, or “network_of” with the id of one comment.")
    ids = _named(sent)
    by, why = _who(request), sent.get("why", "")
    if sent["act"] == "ban":
        if "kind" not in sent:
            raise Invalid("kind", "“kind” is missing: email, site or network.")
        return _outcome(actions.ban(ids, sent["kind"], sent.get("days"), by=by, why=why))
    if given := [name for name in ("kind", "days") if name in sent]:
        raise Invalid(given[0], f"“{given[0]}” is for bans.")
    return _outcome(actions.decide(ids, sent["act"], by=by, why=why))


def _named(sent: Mapping[str, Any]) -> dict[str, int | None]:
    """The comments that are meant, with the versions that they must be at."""
    if "network_of" in sent:
        return dict.fromkeys(one.full_id for one in actions.same_network(sent["network_of"]))
    return dict((one, None) if isinstance(one, str) else (one["id"], one["version"]) for one in sent["ids"])


def _changed(request: Request, comment_id: str, wish: Mapping[str, Any], why: str = "") -> Comment:
    expected = request.expected_version()
    return actions.change(comment_id, wish, by=_who(request), why=why, expected=expected)[0]


def _answer(request: Request, comment: Comment) -> Answer:
    post = posts_at([comment.home]).get(comment.home)
    known = {"has_network": bool(comment_store.network_of(comment.full_id))}
    shown = {**_shown(request, comment, post), **known}
    return answers.of_json(shown, headers=answers.version_tag(comment.version))


def _all_shown(request: Request, comments: list[Comment]) -> list[dict[str, Any]]:
    """As many of them as fit into an answer."""
    posts = posts_at({comment.home for comment in comments})
    known = store.networks_of(comment.full_id for comment in comments)
    shown = (
        {**_shown(request, comment, posts.get(comment.home)), "has_network": comment.full_id in known}
        for comment in comments
    )
    return that_fit(shown, lambda one: len(json.dumps(one, ensure_ascii=False).encode()))


def _shown(request: Request, comment: Comment, post: Post | None) -> dict[str, Any]:
    is_public = post and comment.status == "approved"
    url = web.absolute(request, f"{path_of(post)}/comments/{comment.id}") if post and is_public else None
    about = (
        {"id": post.id, "title": post.title, "url": web.absolute(request, path_of(post))} if post else None
    )
    return {
        "id": comment.full_id,
        "status": comment.status,
        "url": url,
        "post": about,
        "parent": f"{comment.post_id}.{comment.parent_id}" if comment.parent_id else None,
        "name": comment.name,
        "website": comment.website,
        "body": comment.source,
        "html": comment.html,
        "links": comment.html.count("<a "),
        "is_author": comment.is_author,
        "is_sticky": comment.is_sticky,
        "is_hidden": comment.is_hidden,
        "reasons": list(comment.reasons),
        "edited_by": comment.edited_by or None,
        "original": original_of(comment) if comment.edited_by else None,
        "created_at": clock.stamp(comment.created_at),
        "decided_at": clock.stamp(comment.decided_at) if comment.decided_at else None,
        "version": comment.version,
    }


# --- the log ---------------------------------------------------------------------------------


@routes.get("/api/moderation/log", scope="moderate", takes=("limit", "cursor"))
def show_log(request: Request) -> Answer:
    """The newest first. A page may be short; only a `cursor` of null ends the list."""
    limit, before = limit_from(request), position(LOG, request.parameter("cursor"))
    entries, following = actions.list_log(limit, before or "")
    more = cursor(LOG, following) if following else None
    return answers.of_json({"items": [_entry(entry) for entry in entries], "cursor": more})


@routes.post("/api/moderation/undo", scope="moderate")
def undo(request: Request) -> Answer:
    sent = UNDO.read(request.json(LARGEST))
    if "batch" not in sent:
        raise Invalid("batch", "“batch” is missing: what is to be undone, as the log names it.")
    return _outcome(actions.undo(sent["batch"], by=_who(request), why=sent.get("why", "")))


def _entry(entry: Entry) -> dict[str, Any]:
    hidden = ("ban", "text", "trusted")
    return {
        "id": entry.id,
        "batch": entry.batch,
        "at": clock.stamp(entry.at),
        "who": {"name": entry.who, "token": entry.token_id or None},
        "act": entry.act,
        "about": entry.about,
        "before": {name: part for name, part in entry.before.items() if name not in hidden},
        "after": {name: part for name, part in entry.after.items() if name not in hidden},
        "why": entry.why,
        "undoes": entry.undoes or None,
    }


def _outcome(outcome: Outcome) -> Answer:
    return answers.of_json({"batch": outcome.batch or None, "results": [*map(_result, outcome.results)]})


def _result(result: Result) -> dict[str, Any]:
    told: dict[str, Any] = {"id": result.id, "outcome": result.outcome}
    if result.detail:
        told["detail"] = result.detail
    if result.comment:
        told |= {"status": result.comment.status, "version": result.comment.version}
    return told


# --- bans ------------------------------------------------------------------------------------


@routes.get("/api/moderation/bans", scope="moderate")
def show_bans(_: Request) -> Answer:
    return answers.of_json({"items": [_ban(ban) for ban in list_bans()]})


@routes.post("/api/moderation/bans", scope="moderate")
def make_ban(request: Request) -> Answer:
    """Ban who wrote a comment; 201, or 200 where a ban stands that lasts as long."""
    sent = BAN.read(request.json(LARGEST))
    if missing := [name for name in ("comment", "kind") if name not in sent]:
        raise Invalid.fields({name: f"“{name}” is missing." for name in missing})
    require_comment(sent["comment"])
    why = sent.get("why", "")
    outcome = actions.ban([sent["comment"]], sent["kind"], sent.get("days"), by=_who(request), why=why)
    (result,) = outcome.results
    if result.outcome == "conflict":
        raise Invalid("kind", result.detail)
    if result.outcome == "not_found":
        raise NotFound(result.detail)
    return answers.of_json(
        {"batch": outcome.batch or None, "outcome": result.outcome}, 201 if outcome.batch else 200
    )


@routes.delete("/api/moderation/bans/{ban_id}", scope="moderate")
def end_ban(request: Request, ban_id: str) -> Answer:
    actions.lift(ban_id, by=_who(request))
    return answers.nothing()


def _ban(ban: Ban) -> dict[str, Any]:
    return {
        "id": handle_of(ban),
        "kind": ban.kind,
        "site": ban.name if ban.kind == "site" else None,
        "comment": ban.about,
        "at": clock.stamp(ban.at),
        "until": clock.stamp(ban.until) if ban.until else None,
    }


def _who(request: Request) -> Principal:
    """The route's scope sees to it that there is somebody."""
    if not request.principal:
        raise RuntimeError("this route takes a token")
    return request.principal
