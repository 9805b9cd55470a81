"""Leaving a reply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib.comments.actions import (
    answer_as_author,
    find_parent,
    leave_comment,
    preview,
)
from chalicelib.comments.forms import faults_of, read_form
from chalicelib.comments.model import COMMENT_FIELDS, Comment, closed_for
from chalicelib.comments.own import private_key
from chalicelib.comments.screening import Sender
from chalicelib.comments.stamps import stamp_fault
from chalicelib.comments.views import closed_sentence, form_view, of_record
from chalicelib.core import answers, signing, web
from chalicelib.core.answers import Answer
from chalicelib.core.idempotency import idempotency
from chalicelib.core.problems import (
    Conflict,
    FromElsewhere,
    Invalid,
    NotWelcome,
    Problem,
    TooMany,
    Unavailable,
)
from chalicelib.core.requests import Request
from chalicelib.core.views import Page
from chalicelib.core.visitors import Visitor, new_visitor, remembering, visitor_of
from chalicelib.posts.actions import public_post
from chalicelib.posts.model import Post
from chalicelib.posts.views import path_of, post_view
from chalicelib.settings.actions import current_site
from chalicelib.settings.pages import render_page, words_of

routes = web.Routes()

LARGEST = 1_000_000
"""Bytes of a request, so that a form that is too long in one field can still come back filled."""
TRAP = "subject"
"""The field that people do not see, by a name that no browser fills by itself."""

# --- by a form -------------------------------------------------------------------------------


@routes.post("/posts/{slug}/comments")
def take_reply(request: Request, slug: str) -> Answer:
    """A form gets 303 to a page that only its sender knows, JSON 201 with that page's address."""
    post = public_post(slug)
    if "json" in request.content_type:
        _refuse_other_sites(request)
        return _take_json(request, post)
    typed = request.form(LARGEST)
    visitor = visitor_of(request) or new_visitor()
    site, fault = current_site(), stamp_fault(current_site(), post.id, typed.get("issued", ""))
    try:
        _refuse_other_sites(request)
        fields = read_form(COMMENT_FIELDS, typed)
        if typed.get("preview"):
            shown = preview(post, fields)
            return answers.html(_reply_page(request, post, typed, shown=shown, fault=fault), answers.PRIVATE)
        _refuse_age(fault)
        trapped = site.comments_honeypot and bool(typed.get(TRAP))
        sender = _sender(request, visitor, is_stamped=True, trapped=trapped)
        comment, is_theirs = leave_comment(post, fields, sender)
    except (Conflict, FromElsewhere, Invalid, NotWelcome, TooMany, Unavailable) as problem:
        page = _reply_page(request, post, typed, _in_words(problem, post, typed), fault=fault)
        return answers.html(page, {**answers.PRIVATE, **problem.headers}, problem.status)
    headers = {**answers.PRIVATE, **remembering(_as_wished(visitor, typed, comment))}
    path = f"/replies/{private_key(comment)}" if is_theirs else _public_path(post, comment)
    return answers.redirect(request.root + path, 303, headers)


def _sender(request: Request, visitor: Visitor, *, is_stamped: bool, trapped: bool = False) -> Sender:
    # By its address and what it says of itself: who clicks twice does so before a cookie comes.
    told = (request.network, *(request.headers.get(name, "") for name in ("user-agent", "accept-language")))
    return Sender(
        request.neighbourhood,
        visitor,
        is_stamped=is_stamped,
        trapped=trapped,
        browser=signing.digest("browser", "\n".join(told)),
    )


def _public_path(post: Post, comment: Comment) -> str:
    """Where everybody can read it; where nobody can, the post."""
    path = path_of(post)
    return f"{path}/comments/{comment.id}" if comment.status == "approved" else path


@routes.get("/posts/{slug}/reply")
def show_form(request: Request, slug: str) -> Answer:
    """The form by itself, filled with what its reader wished to be remembered by. The one under the post is
    the same for everybody.
    """
    post, visitor = public_post(slug), visitor_of(request)
    typed = {"parent": request.parameter("parent") or ""}
    if visitor and visitor.name:
        typed |= {"name": visitor.name, "website": visitor.website, "remember": "yes"}
    page = _reply_page(request, post, typed, {}, is_new=True)
    return answers.html(page, answers.PRIVATE)


def _refuse_other_sites(request: Request) -> None:
    if request.is_cross_site:
        raise FromElsewhere


def _refuse_age(fault: str) -> None:
    if fault:
        raise Invalid(f"form.{fault}", f"form.{fault}")


def _as_wished(visitor: Visitor, typed: Mapping[str, str], comment: Comment) -> Visitor:
    """Remembered by name where that was ticked; forgotten where it was ticked before and is not now."""
    if typed.get("remember"):
        return replace(visitor, name=comment.name, website=comment.website)
    return replace(visitor, name="", website="") if typed.get("asked") else visitor


def _in_words(problem: Problem, post: Post, typed: Mapping[str, str]) -> dict[str, str]:
    """{field: what is wrong with it}, as readers are told; an empty name for the form as a whole."""
    site = current_site()
    words, closed = words_of(site), closed_for(post, site)
    if isinstance(problem, FromElsewhere):
        return {"": words.plain("form.elsewhere")}
    if isinstance(problem, Conflict) and closed:
        return {"": closed_sentence(closed, words).striptags()}
    if isinstance(problem, NotWelcome | TooMany):
        return {"": words.plain(f"form.refused.{problem.status}")}
    return faults_of(words, problem, typed) or {"": problem.detail}


def _reply_page(
    request: Request,
    post: Post,
    typed: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
    *,
    shown: Comment | None = None,
    fault: str = "",
    is_new: bool = False,
) -> str:
    """The form by itself: new, come back with what is wrong, or with a preview above it."""
    site = current_site()
    words = words_of(site)
    view = post_view(post, None, site.author, request.root, words)
    parent = find_parent(post, typed.get("parent"))
    whom = of_record(parent, view.url, words) if parent else None
    # One that is merely too young grows old enough while its reader looks at what it says.
    issued = typed.get("issued", "") if fault != "old" else ""
    form = form_view(
        post.id,
        view.url,
        site,
        words,
        parent=whom,
        values=typed,
        errors=errors,
        issued=issued,
        is_personal=True,
    )
    title = "title.reply_error" if errors else "title.preview" if shown else "title.own"
    closed = closed_for(post, site) if is_new else None
    return render_page(
        request,
        "comments/reply.html",
        Page(words.plain(title), robots="noindex"),
        site,
        post=view,
        form=form,
        shown=of_record(shown, view.url, words) if shown else None,
        closed=closed_sentence(closed, words) if closed else None,
    )


# --- by JSON ---------------------------------------------------------------------------------


def _take_json(request: Request, post: Post) -> Answer:
    sent = request.json(LARGEST)
    if "authorization" in request.headers:
        return _take_answer(request, post, sent)
    fields = _read(sent)
    visitor = visitor_of(request) or new_visitor()
    issued = fields.get("issued")
    fault = stamp_fault(current_site(), post.id, issued) if issued else ""
    if fault:
        raise Invalid("issued", f"“issued” is {_STAMP_FAULTS[fault]}")
    sender = _sender(request, visitor, is_stamped=bool(issued))
    comment, is_theirs = leave_comment(post, fields, sender, idempotency(request))
    if not is_theirs:
        return _told(request, comment, _public_path(post, comment), remembering(visitor), 200)
    return _told(request, comment, f"/replies/{private_key(comment)}", remembering(visitor))


_STAMP_FAULTS = {
    "old": "too old, or not of this post: take the newest one from GET /posts/{slug}/comments.",
    "quick": "too young: nobody writes a reply so quickly. Wait a moment and send it again.",
}


def _take_answer(request: Request, post: Post, sent: Mapping[str, Any]) -> Answer:
    request.principal = web.authenticate(request, "create")
    fields = _read({"name": current_site().author, **sent})
    if fields.get("notify"):
        raise Invalid("notify", "“notify” is for readers: you are told of every reply by mail.")
    comment = answer_as_author(post, fields, idempotency(request))
    return _told(request, comment, _public_path(post, comment), {})


def _told(
    request: Request, comment: Comment, path: str, headers: Mapping[str, str], status: int = 201
) -> Answer:
    told = {"id": comment.full_id, "status": comment.told_status, "url": web.absolute(request, path)}
    return answers.of_json(told, status, {"Location": request.root + path, **headers})


def _read(sent: Mapping[str, Any]) -> dict[str, Any]:
    # `null` is how the API itself says that nobody is answered.
    given = {name: value for name, value in sent.items() if value is not None}
    fields = COMMENT_FIELDS.read({"name": "", "body": "", **given})
    if fields.get("notify") and not fields.get("email"):
        raise Invalid("email", "“email” is missing: say where answers shall be mailed to.")
    return fields
