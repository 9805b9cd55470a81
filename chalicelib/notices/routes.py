"""Pages that mails lead to. Opening one changes nothing, since programs open links before people do: each
asks first, with a button.
"""

from __future__ import annotations

from typing import Any

from chalicelib.core import answers, clock, web
from chalicelib.core.answers import Answer
from chalicelib.core.config import config
from chalicelib.core.problems import Gone, Invalid, NotFound
from chalicelib.core.requests import Request
from chalicelib.core.views import Page
from chalicelib.notices.actions import confirm, is_mailed, state_of, stop
from chalicelib.notices.keys import mailbox_of, person_in
from chalicelib.notices.model import ADDRESS
from chalicelib.notices.views import as_file, own_view
from chalicelib.notices.yours import Yours, all_said, request_erasure, request_link
from chalicelib.settings.actions import current_site
from chalicelib.settings.pages import render_page, words_of

routes = web.Routes()

LARGEST = 10_000
SECRET = {**answers.PRIVATE, "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
"""Whoever knows the address of such a page may act on it."""
FILE = {**SECRET, "Content-Disposition": 'attachment; filename="replies.json"'}
STATUS = {"gone": 410, "odd": 404}


# --- answers by mail -------------------------------------------------------------------------


@routes.get("/mail/{key}")
def show_mailbox(request: Request, key: str) -> Answer:
    """Asks whether answers shall be mailed."""
    try:
        state = state_of(*mailbox_of(key))
    except NotFound:
        state = "odd"
    return _mailbox_page(request, key, state)


@routes.post("/mail/{key}")
def confirm_mailbox(request: Request, key: str) -> Answer:
    try:
        state = confirm(*mailbox_of(key))
    except NotFound:
        state = "odd"
    return _mailbox_page(request, key, state)


@routes.get("/mail/{key}/stop")
def ask_to_stop(request: Request, key: str) -> Answer:
    """Asks, unless nothing is mailed there any more."""
    try:
        person, _ = mailbox_of(key)
    except NotFound:
        return _mailbox_page(request, key, "odd")
    return _mailbox_page(request, key, "stop" if is_mailed(person) else "stopped")


@routes.post("/mail/{key}/stop")
def stop_mails(request: Request, key: str) -> Answer:
    """By the button, or by a mail program on its own (RFC 8058): that needs no cookie, and is led nowhere."""
    try:
        person, _ = mailbox_of(key)
    except NotFound:
        return _mailbox_page(request, key, "odd")
    stop(person)
    return _mailbox_page(request, key, "stopped")


def _mailbox_page(request: Request, key: str, state: str) -> Answer:
    return _page(request, "mailbox", "title.mailbox", STATUS.get(state, 200), state=state, key=key)


# --- what was said under an address ----------------------------------------------------------


@routes.get("/yours")
def show_asking(request: Request) -> Answer:
    return _asking_page(request, "ask" if config().sends_mail else "off")


@routes.post("/yours")
def ask_for_link(request: Request) -> Answer:
    """The answer is the same whether or not anything was said there."""
    if not config().sends_mail:
        return _asking_page(request, "off")
    typed = request.form(LARGEST).get("email", "")
    try:
        address = ADDRESS.read({"email": typed})["email"]
    except Invalid as problem:
        return _asking_page(request, "wrong", problem.status, typed=typed)
    if not request_link(address, request.neighbourhood):
        answer = _asking_page(request, "often", 429)
        answer.headers["Retry-After"] = "3600"
        return answer
    return _asking_page(request, "sent")


def _asking_page(request: Request, state: str, status: int = 200, typed: str = "") -> Answer:
    return _page(
        request, "asking", "title.yours", status, state=state, typed=typed, author=current_site().author
    )


@routes.get("/yours/{key}")
def show_yours(request: Request, key: str) -> Answer:
    try:
        found = all_said(person_in(key), _after(request))
    except (NotFound, Gone) as problem:
        return _refused(request, problem)
    site = current_site()
    words = words_of(site)
    shown = [
        own_view(one, found.posts.get(one.home), request.root, site.author, words) for one in found.comments
    ]
    values = {"state": _state(found), "comments": shown, "count": found.count}
    return _yours_page(request, key, after=_after(request), more=found.more, **values)


@routes.get("/yours/{key}/export")
def save_yours(request: Request, key: str) -> Answer:
    """What one page shows, as a file, which tells the address of the next."""
    try:
        found = all_said(person_in(key), _after(request))
    except (NotFound, Gone) as problem:
        return _refused(request, problem)
    base = web.absolute(request, "")
    told = {
        "blog": {"title": current_site().title, "url": f"{base}/"},
        "made_at": clock.stamp(clock.now()),
        "next": f"{base}/yours/{key}/export?after={found.more}" if found.more else None,
        "answers_are_mailed_since": [clock.stamp(moment) for moment in found.confirmed],
        "comments": [as_file(one, found.posts.get(one.home), base) for one in found.comments],
    }
    return answers.of_json(told, headers=FILE)


@routes.get("/yours/{key}/erase")
def ask_to_erase(request: Request, key: str) -> Answer:
    try:
        person_in(key)
    except (NotFound, Gone) as problem:
        return _refused(request, problem)
    return _yours_page(request, key, state="sure")


@routes.post("/yours/{key}/erase")
def erase_yours(request: Request, key: str) -> Answer:
    """A job does it; the page that follows shows how far it is."""
    try:
        person = person_in(key)
    except (NotFound, Gone) as problem:
        return _refused(request, problem)
    request_erasure(person)
    return answers.redirect(f"{request.root}/yours/{key}", 303, SECRET)


def _state(found: Yours) -> str:
    return "erasing" if found.is_erasing else "listed" if found.count else "none"


def _after(request: Request) -> str:
    """After which comment the part begins that is asked for."""
    return request.parameter("after") or ""


def _refused(request: Request, problem: NotFound | Gone) -> Answer:
    state = "ended" if isinstance(problem, Gone) else "odd"
    return _page(request, "refused", "title.yours", problem.status, state=state)


def _yours_page(request: Request, key: str, **values: Any) -> Answer:
    return _page(request, "yours", "title.yours", 200, key=key, **values)


def _page(request: Request, template: str, title: str, status: int, **values: Any) -> Answer:
    site = current_site()
    page = Page(words_of(site).plain(title), robots="noindex")
    body = render_page(request, f"notices/{template}.html", page, site, **values)
    return answers.html(body, SECRET, status)
