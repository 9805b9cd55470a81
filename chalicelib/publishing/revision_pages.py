"""The author's pages about what a post was before."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from chalicelib.accounts import sessions
from chalicelib.accounts.sessions import Forged, Session
from chalicelib.core import answers, clock, text, web
from chalicelib.core.answers import Answer
from chalicelib.core.listing import cursor, position
from chalicelib.core.problems import BadRequest, Conflict, Invalid, NotFound, PreconditionFailed
from chalicelib.core.requests import Request
from chalicelib.moderation.pages import LARGEST, PRIVATE, desk_page
from chalicelib.posts.actions import post_at, require_post
from chalicelib.posts.model import Post
from chalicelib.posts.revisions import difference, list_revisions, require_pair, restore_revision
from chalicelib.posts.views import path_of
from chalicelib.publishing.revision_views import MOST_SHOWN, name_of, parts_of, version_line, versions_path
from chalicelib.settings.actions import current_site
from chalicelib.settings.pages import words_of

routes = web.Routes()

A_PAGE = 50


@routes.get("/moderate/posts/{post_id}/revisions")
def show_versions(request: Request, post_id: str) -> Answer:
    session = _session(request, "read")
    if isinstance(session, Answer):
        return session
    try:
        post = require_post(post_id)
    except NotFound:
        # A slug is what an author has before them, in the address of the post.
        if len(post_id) > text.SLUG_BYTES or not (found := post_at(post_id.lower())):
            raise
        return answers.redirect(request.root + versions_path(found), 303, PRIVATE)
    words = words_of(current_site())
    given = request.parameter("after") or None
    kept = list_revisions(post, A_PAGE, position(f"versions {post.id}", given))
    older = f"{versions_path(post)}?after={cursor(f'versions {post.id}', kept.last)}" if kept.more else ""
    restored = request.parameter("restored") == str(post.revision)
    return desk_page(
        request,
        session,
        "publishing/versions.html",
        "versions",
        said=words("version.restored", n=words.number(post.revision)) if restored else "",
        lines=[version_line(post, revision, request.root, words) for revision in kept.items],
        older=request.root + older if older else "",
        **_about(request, post),
    )


@routes.get("/moderate/posts/{post_id}/revisions/{number}")
def show_version(request: Request, post_id: str, number: str) -> Answer:
    """What changed in one since the one before it, or since another, and its whole text."""
    session = _session(request, "read")
    if isinstance(session, Answer):
        return session
    return _version(request, session, require_post(post_id), number)


@routes.post("/moderate/posts/{post_id}/revisions/{number}")
def restore(request: Request, post_id: str, number: str) -> Answer:
    """303 to the versions, of which there is one more. Where it cannot be done, the page tells the texts."""
    session = _session(request, "read", "update")
    if isinstance(session, Answer):
        return session
    form = request.form(LARGEST)
    post = require_post(post_id)
    try:
        sessions.require_own_form(request, session, form.get("mark", ""))
    except Forged:
        return _version(request, session, post, number, fault="desk.forged", http=403)
    seen = form.get("version", "")
    if not (seen.isascii() and seen.isdecimal() and len(seen) < 10):
        raise BadRequest("The form does not say at which version the post was read.")
    try:
        done = restore_revision(post_id, number, int(seen), by=session.principal.name)
    except (PreconditionFailed, Conflict, Invalid) as problem:
        fault = {412: "version.stale", 409: "version.deleted"}.get(problem.status, "version.refused")
        return _version(request, session, require_post(post_id), number, fault=fault, http=problem.status)
    query = urlencode({"restored": done.revision})
    return answers.redirect(f"{request.root}{versions_path(done)}?{query}", 303, PRIVATE)


def _session(request: Request, *scopes: str) -> Session | Answer:
    """Whose it is; or the answer to who has none, or whose token lacks a scope."""
    session = sessions.session_of(request, "moderate")
    if not session:
        return answers.redirect(f"{request.root}/moderate", 303, PRIVATE)
    if lacking := [scope for scope in scopes if scope not in session.principal.scopes]:
        said = words_of(current_site())("version.scope", scope=lacking[0])
        return desk_page(request, session, "moderation/said.html", "versions", http=403, said=said)
    return session


def _version(
    request: Request, session: Session, post: Post, number: str, *, fault: str = "", http: int = 200
) -> Answer:
    revision, against = require_pair(post, number, request.parameter("against"))
    words = words_of(current_site())
    parts, is_all = parts_of(difference(revision, against), words)
    is_current = revision.number == post.revision
    return desk_page(
        request,
        session,
        "publishing/version.html",
        "versions",
        http=http,
        fault=words(fault) if fault else "",
        line=version_line(post, revision, request.root, words),
        against=name_of(against, words) if against else "",
        parts=parts,
        is_all=is_all,
        source=revision.source[:MOST_SHOWN],
        is_whole=len(revision.source) <= MOST_SHOWN,
        now="" if is_current else f"{versions_path(post)}/{revision.number}?against={post.revision}",
        can_restore=not is_current and post.status != "deleted" and "update" in session.principal.scopes,
        **_about(request, post),
    )


def _about(request: Request, post: Post) -> dict[str, Any]:
    return {
        "post": post,
        "post_url": request.root + path_of(post) if post.is_public(clock.now()) else "",
        "versions_url": request.root + versions_path(post),
    }
