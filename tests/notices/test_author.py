"""The author is told of what others write, once, and not of everything in a flood."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.comments.actions import change_comment
from chalicelib.core import clock
from chalicelib.core.config import config
from chalicelib.notices.actions import tell_author
from tests import page
from tests.blog import Blog
from tests.conftest import Moment
from tests.notices.office import ANN, AUTHOR, BO, HOST, Office, decide, say


def test_the_author_is_told_who_wrote_what_and_where(blog: Blog, office: Office) -> None:
    first = say(blog, BO, name="Bo", body="What a *walk*.")
    second = say(blog, ANN, body="Was **it**?", parent=first, status="pending", website="ann.example")
    tell_author(second)
    got = office.one(AUTHOR)
    assert got.subject == "[Letters] Ann on “A walk”"
    assert got.message["From"] == "Letters <blog@letters.example>"
    for said in (
        "Ann wrote on “A walk”",
        "> Was **it**?",
        "https://ann.example",
        "Bo",
        "> What a walk.",
        "held",
    ):
        assert said in got.text
    assert "<strong>it</strong>" in got.html
    links = [url for url in page.addresses(got.html) if url.startswith(f"{HOST}/moderate")]
    assert len(links) == 4
    assert [url.removeprefix(HOST) for url in links if url.endswith("/moderate")] == ["/moderate"]
    assert all(url in got.text for url in links)
    assert "author_email" in got.text
    assert ANN not in got.text + got.html
    assert BO not in got.text + got.html


def _styles(html: str, tag: str) -> list[dict[str, str]]:
    styles = [element.get("style") for element in page.parse(html).iter(tag)]
    return [dict(part.split(":", 1) for part in style.split(";")) for style in styles if style]


@pytest.mark.parametrize(("language", "side"), [("en", "left"), ("ar", "right")])
def test_a_held_comment_can_be_decided_by_a_thumb(
    engine_blog: Blog, office: Office, language: str, side: str
) -> None:
    engine_blog.api("PATCH", "/api/settings", language=language)
    tell_author(say(engine_blog, ANN, body="What a walk.", status="pending"))
    html = office.one(AUTHOR).html
    approve, spam, delete = _styles(html, "a")
    for button in (approve, spam, delete):
        room = int(button["padding"].partition("px")[0])
        assert (button["display"], 2 * room + int(button["line-height"].removesuffix("px"))) == (
            "inline-block",
            44,
        )
    assert "background" in approve
    assert "background" not in spam | delete
    # One bar, where the blog's language begins.
    (quote,) = _styles(html, "div")
    assert [name for name in quote if name.startswith("border")] == [f"border-{side}"]


def test_mails_of_a_post_stand_together(blog: Blog, office: Office) -> None:
    blog.post("Another", slug="another")
    for slug in ("open", "open", "another"):
        tell_author(say(blog, ANN, slug=slug, body=f"I agree {clock.precisely()}", status="pending"))
    threads = [got.message["References"] for got in office.all(AUTHOR)]
    assert threads[0] == threads[1] != threads[2]
    assert len({got.message["Message-ID"] for got in office.all()}) == 3


def test_a_comment_that_is_shown_at_once_is_told_as_such(engine_blog: Blog, office: Office) -> None:
    full_id = say(engine_blog, ANN)
    tell_author(full_id)
    got = office.one(AUTHOR)
    assert "published under the post" in got.text
    assert "Approve" not in got.text + got.html
    assert engine_blog.get(got.link("/comments/")).status == 200


def _spam(blog: Blog, full_id: str) -> None:
    decide(blog, full_id, "spam")


def _deleted(blog: Blog, full_id: str) -> None:
    decide(blog, full_id, "deleted")


def _erased(_: Blog, full_id: str) -> None:
    change_comment(full_id, lambda before: before.erased(clock.now()))


def _nobody_to_tell(blog: Blog, _: str) -> None:
    blog.api("PATCH", "/api/settings", author_email="")


def _post_gone(blog: Blog, full_id: str) -> None:
    blog.api("DELETE", f"/api/posts/{full_id.partition('.')[0]}")


@pytest.mark.parametrize("what", [_spam, _deleted, _erased, _nobody_to_tell, _post_gone])
def test_what_is_not_to_be_told_is_not(
    engine_blog: Blog, office: Office, what: Callable[[Blog, str], None]
) -> None:
    full_id = say(engine_blog, ANN, status="pending")
    what(engine_blog, full_id)
    tell_author(full_id)
    assert office.all() == []


def test_the_author_is_not_told_of_their_own(engine_blog: Blog, office: Office) -> None:
    got = engine_blog.api("POST", "/posts/open/comments", body="Thank you.")
    tell_author(got.json["id"])
    tell_author("0000000000000.0000000000000")
    tell_author("nothing")
    assert office.all() == []


@pytest.mark.parametrize("lacking", ["MAIL_FROM", "PUBLIC_URL"])
def test_without_a_sender_or_an_address_of_the_blog_nothing_is_mailed(
    engine_blog: Blog, office: Office, monkeypatch: pytest.MonkeyPatch, lacking: str
) -> None:
    full_id = say(engine_blog, ANN, status="pending")
    monkeypatch.setenv(lacking, "")
    config.cache_clear()
    tell_author(full_id)
    assert office.all() == []


def test_told_again_is_told_once(blog: Blog, office: Office) -> None:
    full_id = say(blog, ANN, status="pending")
    for _ in range(3):
        tell_author(full_id)
    assert len(office.all()) == 1


def test_what_its_writer_changed_is_told_again(engine_blog: Blog, office: Office) -> None:
    full_id = say(engine_blog, ANN, status="pending")
    tell_author(full_id)
    change_comment(full_id, lambda one: replace(one, source="Changed.", version=one.version + 1))
    for _ in range(2):
        tell_author(full_id)
    assert ["> Changed." in got.text for got in office.all(AUTHOR)] == [False, True]


def test_a_flood_of_comments_is_no_flood_of_mails(engine_blog: Blog, office: Office, moment: Moment) -> None:
    def write(count: int) -> None:
        for _ in range(count):
            moment.forward(seconds=1)
            tell_author(say(engine_blog, ANN, body=f"At {moment.now}", status="pending"))

    write(40)
    subjects = [got.subject for got in office.all(AUTHOR)]
    assert len(subjects) == 31
    assert subjects.count("[Letters] More replies are waiting for you") == 1
    assert office.all(AUTHOR)[-1].link("/moderate") == "/moderate"
    office.empty()
    moment.forward(hours=1)
    write(2)
    assert [got.subject for got in office.all(AUTHOR)] == ["[Letters] Ann on “A walk”"] * 2
