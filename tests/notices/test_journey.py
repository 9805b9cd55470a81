"""The whole way, by forms and links alone, while the tick does the jobs."""

from __future__ import annotations

from urllib.parse import urlencode

from chalicelib.people import store as people
from chalicelib.people.actions import person_of
from tests import page
from tests.blog import Blog, Got
from tests.conftest import Moment
from tests.notices.office import ANN, AUTHOR, HOST, Office, kept, tick


def write(blog: Blog, cookie: str = "", **fields: str) -> Got:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    headers |= {"Cookie": cookie} if cookie else {}
    got = blog.send("POST", "/posts/open/comments", body=urlencode(fields), headers=headers)
    assert got.status == 303, got.text
    return got


def pass_on(moment: Moment) -> None:
    moment.forward(minutes=2)
    tick()


def approve(blog: Blog, office: Office) -> None:
    """By the link in the author's newest mail."""
    (target, *_) = [
        url.removeprefix(HOST)
        for url in page.addresses(office.all(AUTHOR)[-1].html)
        if "/moderate/act/" in url
    ]
    asked = blog.get(target)
    assert asked.status == 200
    assert blog.form(target).status == 303


def test_from_a_reply_to_an_answer_and_to_silence(blog: Blog, office: Office, moment: Moment) -> None:
    first = write(blog, name="Ann", body="What do you think?", email=ANN, notify="yes")
    cookie = first.headers["set-cookie"].partition(";")[0]
    pass_on(moment)
    assert [got.to for got in office.all()] == [AUTHOR]
    approve(blog, office)
    pass_on(moment)
    (asked, *_) = page.addresses(office.one(ANN).html)
    assert blog.form(asked.removeprefix(HOST)).status == 200
    office.empty()

    parent = page.reply_ids(blog.get("/posts/open").text)[0]
    write(blog, name="Bo", body="I think so.", parent=parent)
    write(blog, cookie, name="Ann", body="And I, too.", parent=parent, email=ANN)
    pass_on(moment)
    assert {got.to for got in office.all()} == {AUTHOR}
    for got in office.all(AUTHOR):
        target = next(a for a in page.addresses(got.html) if "/moderate/act/" in a)
        assert blog.form(target.removeprefix(HOST)).status == 303
    pass_on(moment)
    pass_on(moment)
    told = office.one(ANN)
    assert told.subject == "[Letters] Bo replied to you on “A walk”"

    assert blog.send("POST", told.link("/stop"), body="List-Unsubscribe=One-Click").status == 200
    assert people.mailboxes_of(person_of(ANN)) == []
    assert kept(blog, ANN) == []
    write(blog, name="Cy", body="So do I.", parent=parent)
    pass_on(moment)
    approve(blog, office)
    pass_on(moment)
    assert len(office.all(ANN)) == 1
