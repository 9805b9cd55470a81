"""Readers are told of answers who asked for it twice; strangers are left alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.core import jobs, table
from chalicelib.notices.actions import stop, tell_author, tell_readers
from chalicelib.people import store as people
from chalicelib.people.actions import person_of
from tests import page
from tests.blog import Blog
from tests.conftest import Moment
from tests.faults import Faults, at_once, lost_reply
from tests.notices.office import ANN, BO, HOST, Office, confirmed, decide, kept, say, tick

ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MARKS = ["Buy at https://shop.example", "Cheap <b>pills</b>"]


def answered(blog: Blog) -> str:
    """The id of an answer to Ann, who has confirmed that she wants to be told."""
    parent = say(blog, ANN, body="What do you think?")
    confirmed(ANN)
    return say(blog, BO, visitor="other", name="Bo", body="I think so.", parent=parent, wants_mail=False)


# --- asked once, asked twice -----------------------------------------------------------------


def test_whoever_wants_answers_is_asked_once_approved(blog: Blog, office: Office) -> None:
    full_id = say(blog, ANN, status="pending", name=MARKS[1], body=MARKS[0], website="shop.example")
    assert tell_readers(full_id) is None
    assert office.all() == []
    decide(blog, full_id, "approved")
    assert tell_readers(full_id) is None
    got = office.one(ANN)
    assert got.subject == "[Letters] Get replies to your comments by email?"
    assert "A walk" in got.text
    for typed in ("pills", "shop", "Buy"):
        assert typed not in str(got.message) + got.text + got.html


def test_the_way_from_asking_to_an_answer(blog: Blog, office: Office) -> None:
    parent = say(blog, ANN, body="What do *you* think?")
    tell_readers(parent)
    asked = _confirm_link(office)
    first = blog.get(asked)
    assert first.status == 200
    assert people.mailboxes_of(person_of(ANN))[0].is_confirmed is False
    assert blog.form(asked).status == 200
    office.empty()
    answer = say(
        blog, BO, visitor="other", name="Bo", body="I **think** so.", parent=parent, wants_mail=False
    )
    for _ in range(2):
        assert tell_readers(answer) is None
    got = office.one(ANN)
    assert got.subject == "[Letters] Bo replied to you on “A walk”"
    assert "> I **think** so." in got.text
    assert "> What do you think?" in got.text
    assert "<strong>think</strong>" in got.html
    assert blog.get(got.link("/comments/")).status == 200
    assert got.message["List-Unsubscribe"] == f"<{HOST}{got.link('/stop')}>"
    assert got.message["List-Unsubscribe-Post"] == ONE_CLICK
    assert got.message["References"]
    assert BO not in got.text + got.html


def _confirm_link(office: Office) -> str:
    (asked,) = [url for url in page.addresses(office.one(ANN).html) if not url.endswith("/stop")]
    return asked.removeprefix(HOST)


def test_who_did_not_confirm_is_not_told(blog: Blog, office: Office) -> None:
    parent = say(blog, ANN)
    answer = say(blog, BO, visitor="other", parent=parent, wants_mail=False)
    tell_readers(answer)
    assert office.all() == []


def _answer_out(blog: Blog, parent: str, answer: str) -> None:
    decide(blog, answer, "deleted")


def _answer_held(blog: Blog, parent: str, answer: str) -> None:
    decide(blog, answer, "pending")


def _parent_out(blog: Blog, parent: str, answer: str) -> None:
    decide(blog, parent, "deleted")


def _switched_off(blog: Blog, parent: str, answer: str) -> None:
    blog.api("PATCH", "/api/settings", mail_readers=False)


def _stopped(blog: Blog, parent: str, answer: str) -> None:
    stop(person_of(ANN))


def _post_hidden(blog: Blog, parent: str, answer: str) -> None:
    blog.api("PATCH", f"/api/posts/{parent.partition('.')[0]}", status="draft")


@pytest.mark.parametrize(
    "what", [_answer_out, _answer_held, _parent_out, _switched_off, _stopped, _post_hidden]
)
def test_what_changed_before_the_job_ran_is_told_to_nobody(
    engine_blog: Blog, office: Office, what: Callable[[Blog, str, str], None]
) -> None:
    answer = answered(engine_blog)
    post, parent = answer.partition(".")[0], engine_blog.api("GET", f"/api/comments/{answer}").json["parent"]
    assert parent.startswith(post)
    what(engine_blog, parent, answer)
    assert tell_readers(answer) is None
    assert office.all() == []


@pytest.mark.parametrize(
    ("email", "visitor"), [(ANN.upper(), "elsewhere"), (BO, "browser"), (ANN, "browser")]
)
def test_nobody_is_told_of_their_own_answers(
    engine_blog: Blog, office: Office, email: str, visitor: str
) -> None:
    parent = say(engine_blog, ANN)
    confirmed(ANN)
    tell_readers(say(engine_blog, email, visitor=visitor, body="And", parent=parent, wants_mail=False))
    assert office.all() == []


def test_whoever_types_anothers_confirmed_address_gets_nothing_sent_there(blog: Blog, office: Office) -> None:
    """A mailbox is somebody's in one browser: Ann is asked, and told of no answers to the other."""
    say(blog, ANN, visitor="hers")
    confirmed(ANN, "hers")
    fake = say(blog, ANN, visitor="not hers", body="Ann I am")
    tell_readers(say(blog, BO, visitor="other", parent=fake, wants_mail=False))
    assert office.all() == []
    tell_readers(fake)
    assert office.one(ANN).subject == "[Letters] Get replies to your comments by email?"


def test_the_authors_answer_is_told(engine_blog: Blog, office: Office) -> None:
    parent = say(engine_blog, ANN)
    confirmed(ANN)
    own = engine_blog.api("POST", "/posts/open/comments", body="Thank you.", parent=parent).json["id"]
    tell_readers(own)
    assert office.one(ANN).subject == "[Letters] Maren replied to you on “A walk”"


# --- strangers -------------------------------------------------------------------------------


def test_a_stranger_is_mailed_once_a_day_whoever_types_the_address(
    blog: Blog, office: Office, moment: Moment
) -> None:
    written = [
        say(
            blog,
            ANN if number % 2 else ANN.title(),
            visitor=f"browser-{number}",
            network=f"203.0.{number}.9",
            body=f"Advertising {number}",
        )
        for number in range(100)
    ]
    for full_id in written:
        table.write(jobs.new("tell_readers", full_id).put(queued=True))
    blog.send("POST", "/yours", body=f"email={ANN}", headers=FORM)
    for day in range(1, 4):
        for _ in range(3):
            moment.forward(hours=1)
            for _ in range(5):
                tick()
        assert len(office.readers()) == day
        moment.forward(hours=22)
    assert {got.to.casefold() for got in office.readers()} == {ANN}


def test_a_stranger_ends_it_all_with_one_click(blog: Blog, office: Office, moment: Moment) -> None:
    written = [say(blog, ANN, visitor=f"browser-{number}", body=f"{number}") for number in range(3)]
    again = [tell_readers(full_id) for full_id in written]
    assert again[0] is None
    assert again[1:] == [moment.now + timedelta(days=1, seconds=1)] * 2
    stop = office.one(ANN).link("/stop")
    assert blog.get(stop).status == 200
    assert len(people.mailboxes_of(person_of(ANN))) == 3
    assert blog.send("POST", stop, body=ONE_CLICK, headers=FORM).status == 200
    assert kept(blog, ANN) == []
    moment.forward(days=2)
    assert [tell_readers(full_id) for full_id in written] == [None] * 3
    assert len(office.all()) == 1


def test_a_second_comment_from_the_same_browser_asks_no_second_time_that_day(
    blog: Blog, office: Office, moment: Moment
) -> None:
    for number in range(3):
        assert tell_readers(say(blog, ANN, body=f"Comment {number}")) is None
    assert len(office.all(ANN)) == 1


def test_a_wish_that_nobody_confirms_is_forgotten(blog: Blog, office: Office, moment: Moment) -> None:
    say(blog, ANN, visitor="first")
    full_id = say(blog, ANN, visitor="second")
    moment.forward(days=15)
    assert tell_readers(full_id) is None
    assert office.all() == []


# --- the pages -------------------------------------------------------------------------------


def keys(blog: Blog, office: Office) -> str:
    tell_readers(say(blog, ANN))
    return _confirm_link(office)


def test_opening_links_changes_nothing_and_pressing_does(blog: Blog, office: Office) -> None:
    asked = keys(blog, office)
    for method in ("GET", "HEAD"):
        for target in (asked, f"{asked}/stop"):
            got = blog.send(method, target)
            assert got.status == 200
            assert got.headers["cache-control"] == "no-store"
            assert got.headers["referrer-policy"] == "no-referrer"
            assert got.headers["x-robots-tag"] == "noindex"
    (box,) = people.mailboxes_of(person_of(ANN))
    assert not box.is_confirmed
    for _ in range(2):
        assert "Confirmed" in blog.form(asked).text
    assert "Confirmed" in blog.get(asked).text
    for _ in range(2):
        assert "forgotten" in blog.form(f"{asked}/stop").text
    # Whoever follows the link again is told so, and asked nothing.
    again = blog.get(f"{asked}/stop")
    assert (again.status, "<form" in again.text) == (200, False)
    assert "forgotten" in again.text
    for got in (blog.get(asked), blog.form(asked)):
        assert got.status == 410
        assert "has ended" in got.text
    assert people.mailboxes_of(person_of(ANN)) == []


def test_a_wish_cannot_be_confirmed_when_its_time_is_over(blog: Blog, office: Office, moment: Moment) -> None:
    asked = keys(blog, office)
    moment.forward(days=15)
    assert blog.get(asked).status == 410
    assert blog.form(asked).status == 410
    assert people.mailboxes_of(person_of(ANN)) == []


@pytest.mark.parametrize("spoil", [lambda key: key[:-1], lambda key: "B" + key[1:], lambda _: "x", str.upper])
def test_a_forged_link_does_nothing(engine_blog: Blog, office: Office, spoil: Callable[[str], str]) -> None:
    asked = keys(engine_blog, office)
    wrong = f"/mail/{spoil(asked.removeprefix('/mail/'))}"
    for target in (wrong, f"{wrong}/stop", asked.replace("/mail/", "/yours/")):
        for got in (engine_blog.get(target), engine_blog.send("POST", f"{wrong}/stop", body=ONE_CLICK)):
            assert got.status == 404
            assert "incomplete" in got.text
    assert engine_blog.form(wrong).status == 404
    assert len(people.mailboxes_of(person_of(ANN))) == 1


def test_one_click_needs_no_cookie_and_is_led_nowhere(blog: Blog, office: Office) -> None:
    answer = answered(blog)
    tell_readers(answer)
    stop = office.one(ANN).link("/stop")
    for _ in range(2):
        got = blog.send("POST", stop, body=ONE_CLICK, headers=FORM)
        assert (got.status, "set-cookie" in got.headers) == (200, False)
    assert kept(blog, ANN) == []


# --- once ------------------------------------------------------------------------------------


def test_two_workers_at_once_mail_once(engine_blog: Blog, office: Office) -> None:
    parent = say(engine_blog, ANN)
    confirmed(ANN)
    answer = say(engine_blog, BO, visitor="other", parent=parent)

    def run() -> None:
        try:
            tell_readers(answer)
        except Exception:  # noqa: BLE001 - another one is at it: the job is tried again
            return

    at_once([run] * 4)
    assert len(office.all(ANN)) == 1
    assert len(office.all(BO)) == 1


def test_the_right_to_ask_is_known_again_after_a_lost_reply(
    engine_blog: Blog, office: Office, faults: Faults
) -> None:
    full_id = say(engine_blog, ANN)
    faults.on("PutItem", lost_reply(), times=10)
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever it is, the job is tried again
        tell_readers(full_id)
    faults.clear()
    assert tell_readers(full_id) is None
    assert len(office.all(ANN)) == 1


def test_no_address_is_logged(engine_blog: Blog, office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    answer = answered(engine_blog)
    tell_author(answer)
    tell_readers(answer)
    engine_blog.form("/yours", email=ANN)
    engine_blog.form(office.one(ANN).link("/stop"))
    logged = capsys.readouterr().out
    assert "/mail/{key}/stop" in logged
    for word in ("ann@", "bo@", "reader.example", "author.example"):
        assert word not in logged
