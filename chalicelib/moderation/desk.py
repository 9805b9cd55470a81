"""The author's pages: a reading list of what readers wrote, the log, bans."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from chalicelib.accounts import sessions
from chalicelib.accounts.sessions import Forged, Session
from chalicelib.comments.actions import comments_of, list_comments, require_comment
from chalicelib.comments.bans import Ban, list_bans
from chalicelib.comments.forms import fault_of
from chalicelib.comments.model import STATUSES, Comment, split_id
from chalicelib.comments.store import queue_key
from chalicelib.core import answers, web
from chalicelib.core.answers import Answer
from chalicelib.core.fields import Fields, Text
from chalicelib.core.listing import cursor, position, that_fit
from chalicelib.core.problems import (
    BadRequest,
    Conflict,
    Invalid,
    NotFound,
    PreconditionFailed,
    Unauthorized,
)
from chalicelib.core.requests import Request
from chalicelib.moderation import actions, views
from chalicelib.moderation.model import (
    BAN,
    BY_ONE_CLICK,
    EDIT,
    KINDS,
    LONGEST_WHY,
    MUST_BE_READ,
    Outcome,
    Result,
)
from chalicelib.moderation.pages import LARGEST, PRIVATE, Form, around, desk_page, render
from chalicelib.posts.actions import posts_at, require_post
from chalicelib.settings.actions import current_site
from chalicelib.settings.pages import words_of

routes = web.Routes()

SCOPE = "moderate"
A_PAGE = 25
LOG_PAGE = 50
WHY = Fields(why=Text(LONGEST_WHY))


# --- signing in ------------------------------------------------------------------------------


@routes.post("/moderate/session")
def sign_in(request: Request) -> Answer:
    """Begin a session with a token, or end it (`end`). The token itself is not kept."""
    form = request.form(LARGEST)
    if "end" in form:
        return _sign_out(request, form)
    try:
        sessions.refuse_other_sites(request)
        session = sessions.begin_session(form.get("token", ""), SCOPE)
    except Forged:
        return _sign_in_page(request, "desk.forged", 403)
    except Unauthorized as problem:
        return _sign_in_page(request, "desk.refused", 401, problem.headers)
    return answers.redirect(f"{request.root}/moderate", 303, {**PRIVATE, **sessions.remembering(session)})


def _sign_out(request: Request, form: Form) -> Answer:
    """A form of another site comes without the cookie, and must not take it away either."""
    try:
        sessions.refuse_other_sites(request)
    except Forged:
        return _sign_in_page(request, "desk.forged", 403)
    if session := sessions.session_of(request, SCOPE):
        try:
            sessions.require_own_form(request, session, form.get("mark", ""))
        except Forged:
            return _said(request, session, "desk.forged", 403)
        sessions.end_session(session)
    kept = sessions.forgetting() if sessions.COOKIE in request.cookies else {}
    return answers.redirect(f"{request.root}/moderate", 303, {**PRIVATE, **kept})


def _sign_in_page(
    request: Request, sentence: str = "", status: int = 200, headers: Mapping[str, str] = answers.NO_MORE
) -> Answer:
    words = words_of(current_site())
    said = words(sentence) if sentence else ""
    body = render(request, "moderation/sign_in.html", "desk.sign_in", said=said)
    return answers.html(body, {**PRIVATE, **headers}, status)


# --- what is to be read ------------------------------------------------------------------------


@routes.get("/moderate")
def show_desk(request: Request) -> Answer:
    """Comments of one status: what waits, the oldest first, anything else the newest; the sign-in for who has
    no session.
    """
    session = sessions.session_of(request, SCOPE)
    if not session:
        return _sign_in_page(request)
    status = request.parameter("status") or "pending"
    if status not in STATUSES:
        raise BadRequest(f"“status” must be one of {', '.join(STATUSES)}.")
    given = request.parameter("after")
    at = position(f"desk {status}", given or None)
    found = list_comments(status, A_PAGE, at, newest=status != "pending")
    shown = that_fit(found.items, views.weight_of)
    last = found.last if found.more else ""
    if len(shown) < len(found.items):
        last = queue_key(shown[-1])
    following = cursor(f"desk {status}", last) if last else ""
    return desk_page(
        request,
        session,
        "moderation/queue.html",
        status,
        lines=views.lines(shown, around(shown), request.root, words_of(current_site())),
        status=status,
        after=given or "",
        count=None if given or last else len(shown),
        first=f"{request.root}/moderate?status={status}" if given else "",
        following=f"{request.root}/moderate?status={status}&after={following}" if following else "",
        acts=views.BUTTONS[status],
    )


@routes.get("/moderate/comments/{comment_id}")
def show_one(request: Request, comment_id: str) -> Answer:
    """One comment, with all that can be done about it."""
    session = sessions.session_of(request, SCOPE)
    if not session:
        return _sign_in_first(request)
    return _one(request, session, require_comment(comment_id))


@routes.get("/moderate/log")
def show_log(request: Request) -> Answer:
    session = sessions.session_of(request, SCOPE)
    if not session:
        return _sign_in_first(request)
    entries, following = actions.list_log(
        LOG_PAGE, position("desk log", request.parameter("after") or None) or ""
    )
    words = words_of(current_site())
    about = [entry.about for entry in entries]
    done = views.done_views(entries, _known(about), request.root, words)
    older = f"{request.root}/moderate/log?after={cursor('desk log', following)}" if following else ""
    return desk_page(request, session, "moderation/log.html", "log", done=done, older=older)


@routes.get("/moderate/bans")
def show_bans(request: Request) -> Answer:
    session = sessions.session_of(request, SCOPE)
    if not session:
        return _sign_in_first(request)
    words = words_of(current_site())
    found = list_bans()
    known = _known([ban.about for ban in found], found)
    bans = [views.ban_view(ban, known, request.root, words) for ban in found]
    return desk_page(request, session, "moderation/bans.html", "bans", bans=bans)


def _sign_in_first(request: Request) -> Answer:
    return answers.redirect(f"{request.root}/moderate", 303, PRIVATE)


def _known(about: Sequence[str], bans: Sequence[Ban] | None = None) -> views.Known:
    """What these ids are about, of comments or of posts."""
    comments = comments_of(one for one in about if split_id(one))
    posts = {post.id: post for post in posts_at({one.home for one in comments.values()}).values()}
    for post_id in {one for one in about if not split_id(one)} - posts.keys():
        with suppress(NotFound):
            posts[post_id] = require_post(post_id)
    holding = list_bans() if bans is None else bans
    return views.Known(comments=comments, posts=posts, bans={ban.id: ban for ban in holding})


def _one(
    request: Request,
    session: Session,
    comment: Comment,
    *,
    values: Form = answers.NO_MORE,
    errors: Form = answers.NO_MORE,
    status: int = 200,
) -> Answer:
    words = words_of(current_site())
    line = views.line(
        comment,
        around([comment]),
        request.root,
        words,
        is_open=True,
        values=values,
        errors=errors,
    )
    return desk_page(request, session, "moderation/one.html", comment.status, http=status, line=line)


def _said(request: Request, session: Session, sentence: str, status: int) -> Answer:
    said = words_of(current_site())(sentence)
    return desk_page(request, session, "moderation/said.html", "title", http=status, said=said)


# --- what is to be done ------------------------------------------------------------------------


@routes.post("/moderate")
def act(request: Request) -> Answer:
    """Whatever a button of these pages says (`do`); 303 back to where it stood."""
    session = sessions.session_of(request, SCOPE)
    if not session:
        return _sign_in_page(request, "desk.signed_out", 401, Unauthorized("").headers)
    form = request.form(LARGEST)
    try:
        sessions.require_own_form(request, session, form.get("mark", ""))
    except Forged:
        return _said(request, session, "desk.forged", 403)
    name, _, about = form.get("do", "").partition(" ")
    deed = _DEEDS.get(name)
    if not deed:
        raise BadRequest("The form does not say what is to be done. Go back and press the button again.")
    try:
        done = deed(request, session, form, name, about)
    except NotFound as problem:
        done = Outcome("", (Result(about, "not_found", problem.detail),))
    except Conflict as problem:
        done = Outcome("", (Result(about, "conflict", problem.detail),))
    return done if isinstance(done, Answer) else _back(request, form, name, done)


def _back(request: Request, form: Form, name: str, outcome: Outcome) -> Answer:
    where = form.get("back", "")
    path = f"/moderate/{where}" if where in ("log", "bans") else "/moderate"
    if split_id(where):
        path = f"/moderate/comments/{where}"
    query = {"status": form["status"]} if form.get("status") in STATUSES and path == "/moderate" else {}
    if query and form.get("after"):
        query["after"] = form["after"]
    query["notice"] = views.sealed_notice(name, outcome)
    return answers.redirect(f"{request.root}{path}?{urlencode(query)}", 303, PRIVATE)


def _decide(_: Request, session: Session, form: Form, name: str, about: str) -> Outcome:
    """To one, to those that are ticked, to all of the page, or to all from the network of one."""
    by, why = session.principal, _why(form)
    if about.startswith("network:"):
        if name not in ("spam", "delete"):
            raise BadRequest("Only what was read is approved: of a whole network comments are taken out.")
        same = actions.same_network(about.removeprefix("network:"))
        return actions.decide([one.full_id for one in same], name, by=by, why=why)
    shown = _versions(form, "on.")
    chosen = _versions(form, "tick.") if about == "ticked" else shown if about == "page" else [about]
    if unknown := [one for one in chosen if one not in shown]:
        raise BadRequest(f"The form does not say at which version “{unknown[0][:40]}” was read.")
    expected = shown if name in MUST_BE_READ else {}
    return actions.decide({one: expected.get(one) for one in chosen}, name, by=by, why=why)


def _versions(form: Form, prefix: str) -> dict[str, int]:
    """{full id: version}, as the page showed them."""
    found = {name.removeprefix(prefix): text for name, text in form.items() if name.startswith(prefix)}
    if any(not (text.isascii() and text.isdecimal() and len(text) < 10) for text in found.values()):
        raise BadRequest("The form names a version that is none.")
    return {name: int(text) for name, text in found.items()}


def _edit(request: Request, session: Session, form: Form, _: str, about: str) -> Outcome | Answer:
    typed = {name: form.get(name, "") for name in EDIT.names}

    def edit(expected: int) -> tuple[Comment, str]:
        wish = EDIT.read(typed)
        return actions.change(about, wish, by=session.principal, why=_why(form), expected=expected)

    return _typed(request, session, about, edit, typed=typed, form=form)


def _answer(request: Request, session: Session, form: Form, _: str, about: str) -> Outcome | Answer:
    if "create" not in session.principal.scopes:
        raise Conflict("Your token lacks the scope “create”, so it cannot answer as the author.")
    typed = {"answer": form.get("answer", "")}

    def answer(expected: int) -> tuple[Comment, str]:
        return actions.answer(about, typed["answer"], by=session.principal, expected=expected)

    return _typed(request, session, about, answer, typed=typed, form=form)


def _typed(
    request: Request,
    session: Session,
    about: str,
    deed: Callable[[int], tuple[Comment, str]],
    *,
    typed: Form,
    form: Form,
) -> Outcome | Answer:
    """What comes of a form in which something was typed, which comes back filled where it is refused."""
    shown = _versions(form, "on.")
    if about not in shown:
        raise BadRequest(f"The form does not say at which version “{about[:40]}” was read.")
    try:
        comment, batch = deed(shown[about])
    except Invalid as problem:
        return _one(
            request,
            session,
            require_comment(about),
            values=typed,
            errors=_errors(typed, problem),
            status=problem.status,
        )
    except (Conflict, PreconditionFailed) as problem:
        words = words_of(current_site())
        told = problem.detail if isinstance(problem, Conflict) else words.plain("desk.stale")
        errors = {"": told}
        return _one(
            request, session, require_comment(about), values=typed, errors=errors, status=problem.status
        )
    return Outcome(batch, (Result(about, "done", comment=comment),))


def _errors(typed: Form, problem: Invalid) -> dict[str, str]:
    """{field of the form: what is wrong with it}."""
    words, found = words_of(current_site()), {}
    for error in problem.errors:
        name = error["field"]
        shown = "answer" if "answer" in typed else name
        found[shown] = fault_of(words, name, typed.get(shown, ""), error["detail"])
    return found


def _ban(_: Request, session: Session, form: Form, __: str, about: str) -> Outcome:
    days = form.get("days", "").strip()
    sent: dict[str, Any] = {"kind": form.get("kind", KINDS[0]), "why": form.get("why", "")}
    if days:
        sent["days"] = int(days) if days.isascii() and days.isdecimal() and len(days) < 9 else -1
    try:
        read = BAN.read(sent)
    except Invalid as problem:
        raise Conflict(problem.detail) from problem
    return actions.ban([about], read["kind"], read.get("days"), by=session.principal, why=read["why"])


def _lift(_: Request, session: Session, form: Form, __: str, about: str) -> Outcome:
    _ban_, batch = actions.lift(about, by=session.principal, why=_why(form))
    return Outcome(batch, (Result(_ban_.about, "done"),))


def _conversation(_: Request, session: Session, form: Form, name: str, about: str) -> Outcome:
    return actions.set_conversation(about, is_open=name == "open", by=session.principal, why=_why(form))


def _undo(_: Request, session: Session, __: Form, ___: str, about: str) -> Outcome:
    return actions.undo(about, by=session.principal)


def _why(form: Form) -> str:
    try:
        return str(WHY.read({"why": form.get("why", "")})["why"])
    except Invalid as problem:
        raise Conflict(problem.detail) from problem


_Deed = Callable[[Request, Session, Form, str, str], "Outcome | Answer"]
_DEEDS: Mapping[str, _Deed] = {
    **dict.fromkeys(BY_ONE_CLICK, _decide),
    "edit": _edit,
    "answer": _answer,
    "ban": _ban,
    "lift": _lift,
    "close": _conversation,
    "open": _conversation,
    "undo": _undo,
}
