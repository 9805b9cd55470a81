"""Leaving a reply, seeing what became of it, and the author's queue over the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.comments.actions import (
    decide,
    find_parent,
    leave_comment,
    list_comments,
    own_comment,
    private_key,
    require_comment,
    why_closed,
)
from chalicelib.comments.model import COMMENT_FIELDS, DECISION, STATUSES, Comment
from chalicelib.comments.views import form_view, of_record
from chalicelib.core import answers, clock, web
from chalicelib.core.answers import Answer
from chalicelib.core.idempotency import idempotency
from chalicelib.core.listing import cursor, limit_from, position
from chalicelib.core.problems import BadRequest, Conflict, Invalid, NotFound, Problem, Unavailable
from chalicelib.core.requests import Request
from chalicelib.core.text import plain_name
from chalicelib.core.views import Page
from chalicelib.core.words import Words
from chalicelib.posts.actions import posts_at, public_post
from chalicelib.posts.model import Post
from chalicelib.posts.views import path_of, post_view
from chalicelib.settings.actions import current_site
from chalicelib.settings.pages import render_page, words_of

routes = web.Routes("comments")

LARGEST = 1_000_000
"""Bytes of a request, so that a form that is too long in one field can still come back filled."""

# --- for readers -----------------------------------------------------------------------------


@routes.post("/posts/{slug}/comments")
def take_reply(request: Request, slug: str) -> Answer:
    """A form gets 303 to a page that only its sender knows, JSON 201 with that page's address."""
    post = public_post(slug)
    if "json" in request.content_type:
        return _take_json(request, post)
    typed = {name: value for name, value in request.form(LARGEST).items() if name in COMMENT_FIELDS.names}
    try:
        comment = leave_comment(post, _read(typed), request.neighbourhood)
    except (Conflict, Invalid, Unavailable) as problem:
        page = _reply_page(request, post, _in_words(problem, post, typed), typed)
        return answers.html(page, {**answers.PRIVATE, **problem.headers}, problem.status)
    return answers.redirect(f"{request.root}/replies/{private_key(comment)}", 303)


def _in_words(problem: Problem, post: Post, typed: Mapping[str, str]) -> dict[str, str]:
    """{field: what is wrong with it}, as readers are told; an empty name for the form as a whole."""
    site = current_site()
    words, closed = words_of(site), why_closed(post.type, post.published_at, site)
    if isinstance(problem, Conflict) and closed:
        return {"": str(words.count(closed.key, closed.days) if closed.days else words(closed.key))}
    found = {error["field"]: error["detail"] for error in problem.errors} or {"": problem.detail}
    return {name: _fault(words, name, typed.get(name, ""), detail) for name, detail in found.items()}


def _fault(words: Words, name: str, value: str, detail: str) -> str:
    limit = getattr(COMMENT_FIELDS.declared.get(name), "limit", 0)
    if len(value.encode(errors="replace")) > limit:
        fault = "long"
    elif name in ("email", "website"):
        fault = "wrong"
    else:
        fault = "odd" if plain_name(value) else "empty"
    key = f"form.{name}.{fault}"
    return words.plain(key, limit=words.number(limit)) if key in words else detail


def _take_json(request: Request, post: Post) -> Answer:
    sent = request.json(LARGEST)
    by_author = "authorization" in request.headers
    if by_author:
        request.principal = web.authenticate(request, "create")
        sent = {"name": current_site().author, **sent}
    fields = _read(sent)
    comment = leave_comment(
        post, fields, request.neighbourhood, by_author=by_author, once=idempotency(request)
    )
    where = f"{path_of(post)}/comments/{comment.id}" if by_author else f"/replies/{private_key(comment)}"
    told = {"id": comment.full_id, "status": comment.status, "url": web.absolute(request, where)}
    return answers.of_json(told, 201, {"Location": request.root + where})


def _read(sent: Mapping[str, Any]) -> dict[str, Any]:
    # `null` is how the API itself says that nobody is answered.
    given = {name: value for name, value in sent.items() if value is not None}
    return COMMENT_FIELDS.read({"name": "", "body": "", **given})


def _reply_page(request: Request, post: Post, errors: Mapping[str, str], typed: Mapping[str, str]) -> str:
    site = current_site()
    words = words_of(site)
    view = post_view(post, None, site.author, request.root, words)
    parent = find_parent(post, typed.get("parent"))
    whom = of_record(parent, view.url, words) if parent else None
    form = form_view(view.url, site.author, words, parent=whom, values=typed, errors=errors)
    page = Page(words.plain("title.reply_error"), robots="noindex")
    return render_page(request, "comments/reply.html", page, site, post=view, form=form)


@routes.get("/replies/{key}")
def show_own_comment(request: Request, key: str) -> Answer:
    """What became of a comment; only who wrote it knows the address."""
    comment = own_comment(key)
    post = posts_at([comment.home]).get(comment.home)
    if not post or not post.is_public(clock.now()):
        raise NotFound("The post of this reply is not public any more, and its replies neither.")
    site = current_site()
    words = words_of(site)
    view = post_view(post, None, site.author, request.root, words)
    shown = of_record(comment, view.url, words, find_parent(post, comment.parent_id))
    sentence = words(f"reply.state.{comment.status}", author=site.author)
    body = render_page(
        request,
        "comments/received.html",
        Page(words.plain("title.own"), robots="noindex"),
        site,
        post=view,
        comment=shown,
        state={"name": comment.status, "sentence": sentence},
        public_url=shown.url if comment.status == "approved" else None,
    )
    return answers.html(body, {**answers.PRIVATE, "Referrer-Policy": "no-referrer"})


# --- for the author --------------------------------------------------------------------------


@routes.get("/api/comments", scope="moderate", takes=("status", "limit", "cursor"))
def show_queue(request: Request) -> Answer:
    """One status, the oldest first."""
    status, limit = request.parameter("status") or "pending", limit_from(request)
    if status not in STATUSES:
        raise BadRequest(f"“status” must be one of {', '.join(STATUSES)}.")
    listing = f"comments {status}"
    found = list_comments(status, limit, position(listing, request.parameter("cursor")))
    posts = posts_at({comment.home for comment in found.items})
    more = cursor(listing, found.last) if found.more else None
    items = [_shown(request, comment, posts.get(comment.home)) for comment in found.items]
    return answers.of_json({"items": items, "cursor": more})


@routes.get("/api/comments/{comment_id}", scope="moderate")
def show_comment(request: Request, comment_id: str) -> Answer:
    return _answer(request, require_comment(comment_id))


@routes.patch("/api/comments/{comment_id}", scope="moderate")
def decide_on_comment(request: Request, comment_id: str) -> Answer:
    """Approve, hold again, or take out as spam or deleted; whatever was decided can be undone."""
    sent = DECISION.read(request.json(limit=10_000))
    if "status" not in sent:
        raise Invalid("status", f"“status” is missing; it is one of {', '.join(STATUSES)}.")
    return _answer(request, decide(comment_id, sent["status"], request.expected_version()))


@routes.delete("/api/comments/{comment_id}", scope="moderate")
def delete_comment(request: Request, comment_id: str) -> Answer:
    decide(comment_id, "deleted", request.expected_version())
    return answers.nothing()


def _answer(request: Request, comment: Comment) -> Answer:
    post = posts_at([comment.home]).get(comment.home)
    return answers.of_json(_shown(request, comment, post), headers=answers.version_tag(comment.version))


def _shown(request: Request, comment: Comment, post: Post | None) -> dict[str, Any]:
    path = path_of(post) if post else None
    url = (
        web.absolute(request, f"{path}/comments/{comment.id}")
        if path and comment.status == "approved"
        else None
    )
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
        "is_author": comment.is_author,
        "created_at": clock.stamp(comment.created_at),
        "decided_at": clock.stamp(comment.decided_at) if comment.decided_at else None,
        "version": comment.version,
    }
