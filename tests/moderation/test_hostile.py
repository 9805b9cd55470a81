"""What readers type adds nothing active to the pages on which it is read first."""

from __future__ import annotations

import re

import pytest

from chalicelib.comments.model import COMMENT_FIELDS
from chalicelib.moderation.links import act_links
from tests.blog import Blog
from tests.moderation.desks import Desk, record
from tests.site.test_xss import accepted, assert_harmless, outline, payloads

A_PAGE = 25


@pytest.fixture
def desk(engine_blog: Blog) -> Desk:
    engine_blog.post("Open")
    return Desk(engine_blog)


def plainly_linked(html: str) -> str:
    """Without links to a name beside the page, which texts may have and which do no harm."""
    return re.sub(r'href="[\w.?=&;-]+"', "", html)


def test_names_and_websites_add_nothing(desk: Desk) -> None:
    names, sites = accepted(COMMENT_FIELDS, "name"), accepted(COMMENT_FIELDS, "website")
    chosen = names[:: len(names) // 75]
    plain = None
    for start in range(0, len(chosen) - A_PAGE, A_PAGE):
        made = []
        for number, name in enumerate(chosen[start : start + A_PAGE]):
            site = sites[(start + number) % len(sites)] if sites else "https://a.example"
            made.append(desk.blog.reply("open", f"Words {number}", approve=False, name=name, website=site))
        got = desk.open("/moderate")
        assert_harmless(got.text)
        plain = plain or outline(got.text, "main")
        assert outline(got.text, "main") == plain
        for one in made[::8]:
            for target in (f"/moderate/comments/{one}", act_links(record(one))["approve"]):
                assert_harmless(desk.open(target).text)
        desk.open("/moderate")
        desk.press("spam page", why=chosen[start][:90])
        assert_harmless(desk.got.text)
    assert_harmless(desk.open("/moderate/log").text)
    assert_harmless(desk.open("/moderate?status=spam").text)


def test_texts_add_nothing(desk: Desk) -> None:
    kept = []
    for payload in payloads()[::30]:
        sent = {"name": "Ann", "body": payload}
        got = desk.blog.form("/posts/open/comments", **sent)
        if got.status == 303:
            kept.append(payload)
    assert len(kept) > 20
    target = "/moderate"
    seen = 0
    for item in desk.blog.api("GET", "/api/comments?limit=100").json["items"]:
        for page in (f"/moderate/comments/{item['id']}", act_links(record(item["id"]))["spam"]):
            assert_harmless(plainly_linked(desk.open(page).text))
        seen += 1
    assert_harmless(plainly_linked(desk.open(target).text))
    assert seen == len(kept)


def test_what_was_typed_into_a_refused_form_is_text(desk: Desk) -> None:
    one = desk.blog.reply("open", approve=False)
    desk.open(f"/moderate/comments/{one}")
    first = desk.got
    for payload in payloads()[::60]:
        desk.got = first
        got = desk.press(f"edit {one}", name=payload[:200] * 9, website=payload, body=payload)
        assert got.status in (413, 422)
        assert_harmless(got.text)


def test_addresses_of_the_desk_show_payloads_as_text(desk: Desk) -> None:
    from urllib.parse import quote

    for payload in payloads()[::60]:
        part = quote(payload[:200], safe="")
        for target in (f"/moderate/act/{part}", f"/moderate/comments/{part}", f"/moderate?notice={part}"):
            got = desk.open(target)
            assert got.status < 500
            assert_harmless(got.text)
