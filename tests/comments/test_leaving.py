"""Leaving a reply, and what its writer gets to see."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.core.markup import COMMENT_BYTES
from tests import page
from tests.blog import Blog, Got
from tests.conftest import Moment
from tests.faults import Faults, at_once, lost_reply, lost_request

FILLED = {"name": "Ann", "body": "I *agree*.", "website": "example.org/ann", "email": "ann@example.org"}


@pytest.fixture(autouse=True)
def post(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Every test here has a post at /posts/open, published when its clock began."""
    if "moment" in request.fixturenames:
        request.getfixturevalue("moment")
    name = "blog" if "blog" in request.fixturenames else "engine_blog"
    made: dict[str, Any] = request.getfixturevalue(name).post("Open")
    return made


def send_json(blog: Blog, _accept: str = "", **fields: Any) -> Got:
    headers = {"Content-Type": "application/json", **({"Accept": _accept} if _accept else {})}
    return blog.send("POST", "/posts/open/comments", body=json.dumps(fields), headers=headers)


def held(blog: Blog, status: str = "pending") -> list[dict[str, Any]]:
    return list(blog.api("GET", f"/api/comments?status={status}&limit=100").json["items"])


# --- both ways in ----------------------------------------------------------------------------


def test_a_form_leads_to_a_page_of_ones_own(blog: Blog) -> None:
    got = blog.form("/posts/open/comments", **FILLED, parent="")
    assert got.status == 303
    assert got.headers["cache-control"] == "no-store"
    mine = blog.get(got.headers["location"])
    assert mine.status == 200
    assert "<em>agree</em>" in mine.text
    assert "held" in mine.text
    assert mine.headers["cache-control"] == "no-store"
    assert mine.headers["referrer-policy"] == "no-referrer"
    assert '<meta name="robots" content="noindex">' in mine.text


def test_json_gets_its_state(blog: Blog) -> None:
    got = send_json(blog, **FILLED)
    assert got.status == 201
    assert got.json["status"] == "pending"
    assert got.json["url"].endswith(got.headers["location"])
    assert "<em>agree</em>" in blog.get(got.headers["location"]).text
    assert set(got.json) == {"id", "status", "url"}


def test_a_reply_is_held_until_it_was_read(blog: Blog) -> None:
    send_json(blog, **FILLED)
    assert "agree" not in blog.get("/posts/open").text
    (comment,) = held(blog)
    expected = {
        **{name: text for name, text in FILLED.items() if name != "email"},
        "website": "https://example.org/ann",
        "status": "pending",
        "is_author": False,
        "parent": None,
    }
    assert {name: comment[name] for name in expected} == expected


def test_an_approved_reply_stands_under_the_post(blog: Blog) -> None:
    comment_id = blog.reply("open", **FILLED)
    read = blog.get("/posts/open").text
    (reply,) = page.replies(read)
    assert reply.id == comment_id.partition(".")[2]
    assert "Ann" in reply.words
    assert "https://example.org/ann" in page.addresses(read)
    assert "1 reply" in read


def test_a_private_page_tells_what_became_of_the_reply(blog: Blog) -> None:
    mine = blog.form("/posts/open/comments", **FILLED).headers["location"]
    (comment,) = held(blog)
    for status, says in (
        ("approved", "published under the post"),
        ("spam", "taken for spam"),
        ("deleted", "removed"),
    ):
        blog.api("PATCH", f"/api/comments/{comment['id']}", status=status)
        assert says in blog.get(mine).text


@pytest.mark.parametrize(
    "change",
    [
        lambda key: key[:-1],
        lambda key: key + "A",
        lambda key: "B" + key[1:],
        lambda key: key.partition(".")[0],
        lambda _: "x",
    ],
)
def test_a_private_page_opens_to_its_whole_address_alone(engine_blog: Blog, change: Any) -> None:
    mine = engine_blog.form("/posts/open/comments", **FILLED).headers["location"]
    key = mine.removeprefix("/replies/")
    assert engine_blog.get(f"/replies/{change(key)}").status == 404


# --- what is refused -------------------------------------------------------------------------

REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"name": ""}, 422, "name"),
    ({"name": "   "}, 422, "name"),
    ({"name": "\u200b\u202e"}, 422, "name"),
    ({"name": "a\nb"}, 422, "name"),
    ({"name": "é" * 51}, 413, "name"),
    ({"body": ""}, 422, "body"),
    ({"body": " \n "}, 422, "body"),
    ({"body": "a\x00b"}, 422, "body"),
    ({"body": "x" * (COMMENT_BYTES + 1)}, 413, "body"),
    ({"body": "🎉" * (COMMENT_BYTES // 4 + 1)}, 413, "body"),
    ({"email": "nobody"}, 422, "email"),
    ({"email": "a@b"}, 422, "email"),
    ({"email": "a@b.example>"}, 422, "email"),
    ({"email": "a b@c.example"}, 422, "email"),
    ({"email": "a" * 250 + "@b.example"}, 413, "email"),
    ({"website": "javascript:alert(1)"}, 422, "website"),
    ({"website": "data:text/html,x"}, 422, "website"),
    ({"website": "ftp://example.org"}, 422, "website"),
    ({"website": "//example.org"}, 422, "website"),
    ({"website": "https://"}, 422, "website"),
    ({"website": "https://a b.example"}, 422, "website"),
    ({"website": 'https://a.example/"onx=1'}, 422, "website"),
    ({"website": "https://[::1"}, 422, "website"),
    ({"website": "nohost"}, 422, "website"),
    ({"website": "https://user@a.example"}, 422, "website"),
    ({"website": "https://a.example/" + "x" * 500}, 413, "website"),
    ({"parent": "0000000000000"}, 422, "parent"),
    ({"parent": "x"}, 422, "parent"),
    ({"parent": "x" * 61}, 413, "parent"),
]


@pytest.mark.parametrize(("wrong", "status", "field"), REFUSED, ids=lambda value: str(value)[:40])
def test_a_wrong_field_is_named_to_forms_and_to_clients(
    engine_blog: Blog, wrong: dict[str, str], status: int, field: str
) -> None:
    got = send_json(engine_blog, **{**FILLED, **wrong})
    assert got.status == status, got.text
    assert [error["field"] for error in got.json["errors"]] == [field]
    form = engine_blog.form("/posts/open/comments", **{**FILLED, **wrong})
    assert form.status == status
    assert held(engine_blog) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": 1},
        {"body": None},
        {"parent": 5},
        {"website": ["https://a.example"]},
        {"email": {}},
        {"body": "\ud800"},
    ],
)
def test_wrong_types_are_refused(engine_blog: Blog, wrong: dict[str, Any]) -> None:
    got = send_json(engine_blog, **{**FILLED, **wrong})
    assert got.status == 422
    assert [error["field"] for error in got.json["errors"]] == list(wrong)


def test_a_rejected_form_comes_back_with_what_was_typed(blog: Blog) -> None:
    typed = {
        "name": 'A "quoted" <b>',
        "body": "<script>alert(1)</script>\n\n&amp; more",
        "email": "not one",
        "website": "x'y",
    }
    got = blog.form("/posts/open/comments", **typed, parent="")
    assert got.status == 422
    assert got.headers["content-type"] == "text/html; charset=utf-8"
    assert got.headers["cache-control"] == "no-store"
    assert page.typed(got.text).items() >= {**typed, "parent": ""}.items()
    assert not list(page.parse(got.text).iter("script"))
    invalid = [field.attrib["name"] for field in page.parse(got.text).iter() if field.get("aria-invalid")]
    assert sorted(invalid) == ["email", "website"]


def test_faults_stand_in_the_order_of_the_fields(engine_blog: Blog) -> None:
    wrong = {"website": "x'y", "email": "not one", "name": " ", "body": ""}
    got = engine_blog.form("/posts/open/comments", **wrong)
    links = [href for href in page.addresses(got.text) if href.startswith("#reply-")]
    fields = [each.attrib["name"] for each in page.parse(got.text).iter() if each.get("aria-invalid")]
    assert links == [f"#reply-{name}" for name in fields]
    assert fields == ["body", "name", "email", "website"]


def test_a_form_that_is_too_long_comes_back_too(engine_blog: Blog) -> None:
    body = "é" * 10_000
    got = engine_blog.form("/posts/open/comments", name="Ann", body=body)
    assert got.status == 413
    assert page.typed(got.text)["body"] == body
    assert "too long by about 5,904 letters" in got.text


@pytest.mark.parametrize(
    ("language", "field", "value", "says"),
    [
        ("en", "name", "x" * 101, "The name is too long: please shorten it by a letter."),
        ("en", "name", "x" * 160, "The name is too long: please shorten it by about 60 letters."),
        ("en", "name", "م" * 60, "The name is too long: please shorten it by about 10 letters."),
        ("en", "name", "名" * 40, "The name is too long: please shorten it by about 7 letters."),
        ("en", "name", "😀" * 26, "The name is too long: please shorten it by a letter."),
        ("ar", "name", "م" * 60, "الاسم أطول من اللازم: اختصره من فضلك بنحو ١٠ أحرف."),
        ("ar", "name", "م" * 52, "الاسم أطول من اللازم: اختصره من فضلك بحرفين."),
        ("ar", "body", "م" * 4196, "ردّك أطول من اللازم: اختصره من فضلك بنحو ١٠٠ حرف، أو أرسله على دفعتين."),
        ("en", "email", "x" * 252 + "@b.cd", "too long by about 3 letters. Is it the right one?"),
        ("en", "website", f"https://a.example/{'x' * 500}", "shorten it by about 18 letters."),
    ],
)
def test_what_is_too_long_is_told_in_letters(
    engine_blog: Blog, language: str, field: str, value: str, says: str
) -> None:
    engine_blog.api("PATCH", "/api/settings", language=language)
    got = engine_blog.form("/posts/open/comments", **{**FILLED, field: value})
    assert got.status == 413
    assert says in got.text.replace("&#39;", "'")
    assert not {"bytes", "بايت"} & set(got.text.split())


def test_a_rejected_answer_still_knows_whom_it_answers(engine_blog: Blog) -> None:
    parent = engine_blog.reply("open").partition(".")[2]
    got = engine_blog.form("/posts/open/comments", name="", body="Kept", parent=parent)
    assert page.typed(got.text)["parent"] == parent


def test_a_form_field_that_is_not_ours_is_ignored(engine_blog: Blog) -> None:
    engine_blog.form(
        "/posts/open/comments", **FILLED, status="approved", is_author="1", id="0000000000000", likes="9"
    )
    (comment,) = held(engine_blog)
    assert (comment["status"], comment["is_author"]) == ("pending", False)
    assert not comment["id"].endswith("0000000000000")


@pytest.mark.parametrize(
    "extra",
    [
        {"status": "approved"},
        {"is_author": True},
        {"id": "x"},
        {"likes": 9},
        {"version": 7},
        {"html": "<b>"},
        {"created_at": "x"},
        {"pk": "x"},
    ],
)
def test_a_json_field_that_is_not_ours_is_refused(engine_blog: Blog, extra: dict[str, Any]) -> None:
    got = send_json(engine_blog, **FILLED, **extra)
    assert got.status == 422
    assert got.json["errors"][0]["field"] == next(iter(extra))
    assert held(engine_blog) == []


@pytest.mark.parametrize("kind", ["", "text/plain", "multipart/form-data; boundary=x", "application/xml"])
def test_other_content_types_are_refused(engine_blog: Blog, kind: str) -> None:
    got = engine_blog.send(
        "POST", "/posts/open/comments", body="name=A&body=b", headers={"Content-Type": kind}
    )
    assert got.status == 415


@pytest.mark.parametrize("body", [b"name=%FF&body=x", b"name=\xff&body=x", b"&".join([b"name=x"] * 200)])
def test_a_form_that_cannot_be_read_is_refused(engine_blog: Blog, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert engine_blog.send("POST", "/posts/open/comments", body=body, headers=headers).status == 400


def test_names_by_the_ten_thousand_are_refused(engine_blog: Blog) -> None:
    """Each name differs but the last, which a look at every pair would take long to find."""
    names = ",".join(f'"{number:x}":1' for number in [*range(2_000), 1_999])
    got = engine_blog.send(
        "POST", "/posts/open/comments", body=f"{{{names}}}", headers={"Content-Type": "application/json"}
    )
    assert got.status == 422


@pytest.mark.parametrize("state", ["draft", "scheduled", "deleted", "absent"])
def test_only_what_can_be_read_can_be_answered(engine_blog: Blog, moment: Moment, state: str) -> None:
    fields = (
        {"status": "draft"}
        if state == "draft"
        else {"published_at": moment.ahead(days=1)}
        if state == "scheduled"
        else {}
    )
    other = engine_blog.post("Other", **fields)
    if state == "deleted":
        engine_blog.api("DELETE", f"/api/posts/{other['id']}")
    slug = "nowhere" if state == "absent" else "other"
    assert engine_blog.form(f"/posts/{slug}/comments", **FILLED).status == (
        410 if state == "deleted" else 404
    )
    assert held(engine_blog) == []


def test_an_unlisted_post_can_be_answered(engine_blog: Blog) -> None:
    engine_blog.post("Corner", status="unlisted")
    assert engine_blog.form("/posts/corner/comments", **FILLED).status == 303


# --- answering a reply -----------------------------------------------------------------------


def test_an_answer_stands_under_what_it_answers(blog: Blog) -> None:
    first = blog.reply("open", "First", name="Ann")
    blog.reply("open", "Second", name="Bo")
    answer = blog.reply("open", "To the first", name="Cy", parent=first.partition(".")[2])
    shown = page.replies(blog.get("/posts/open").text)
    assert [reply.depth for reply in shown] == [1, 2, 1]
    assert "To the first" in shown[1].words
    assert blog.api("GET", f"/api/comments/{answer}").json["parent"] == first


@pytest.mark.parametrize("status", ["pending", "spam", "deleted"])
def test_what_nobody_sees_cannot_be_answered(engine_blog: Blog, status: str) -> None:
    parent = engine_blog.reply("open")
    engine_blog.api("PATCH", f"/api/comments/{parent}", status=status)
    got = send_json(engine_blog, **FILLED, parent=parent.partition(".")[2])
    assert got.status == 422
    assert got.json["errors"][0]["field"] == "parent"


def test_a_reply_under_another_post_cannot_be_answered(engine_blog: Blog) -> None:
    engine_blog.post("Elsewhere")
    parent = engine_blog.reply("elsewhere").partition(".")[2]
    assert send_json(engine_blog, **FILLED, parent=parent).status == 422


# --- once ------------------------------------------------------------------------------------


def test_a_double_click_leaves_one_reply(blog: Blog) -> None:
    clicks = [blog.form("/posts/open/comments", **FILLED) for _ in range(2)]
    assert [got.status for got in clicks] == [303, 303]
    assert len({got.headers["location"] for got in clicks}) == 1
    assert len(held(blog)) == 1


@pytest.mark.parametrize("hold", ["all", "none"])
def test_ten_clicks_at_once_leave_one_reply(engine_blog: Blog, hold: str) -> None:
    engine_blog.api("PATCH", "/api/settings", comments_hold=hold)
    clicks = at_once([lambda: engine_blog.form("/posts/open/comments", **FILLED)] * 10)
    assert {got.status for got in clicks} == {303}
    assert len({got.headers["location"] for got in clicks}) == 1
    assert len(held(engine_blog, "pending" if hold == "all" else "approved")) == 1


@pytest.mark.parametrize("fault", [lost_reply, lost_request])
def test_a_reply_sent_again_after_a_fault_is_there_once(
    engine_blog: Blog, faults: Faults, fault: Any
) -> None:
    faults.on("TransactWriteItems", fault(), times=3)
    engine_blog.form("/posts/open/comments", **FILLED)
    assert engine_blog.form("/posts/open/comments", **FILLED).status == 303
    assert len(held(engine_blog)) == 1


def test_a_reply_that_differs_is_another(engine_blog: Blog) -> None:
    parent = engine_blog.reply("open", "Root").partition(".")[2]
    for other in ({}, {"body": "B"}, {"name": "Bo"}, {"parent": parent}):
        assert engine_blog.form("/posts/open/comments", **{**FILLED, **other}).status == 303
    assert len(held(engine_blog)) == 4


def test_the_same_words_from_elsewhere_are_another_reply(engine_blog: Blog) -> None:
    for network in ("198.51.100.7", "198.51.101.7", "2001:db8::1", "2001:db8:1::1", "unknown"):
        engine_blog.send(
            "POST",
            "/posts/open/comments",
            body=json.dumps(FILLED),
            headers={"Content-Type": "application/json"},
            source_ip=network,
        )
    assert len(held(engine_blog)) == 5


def say_again(blog: Blog, way: str, *, cookie: str = "", **unlike: str) -> Got:
    """The very same words, as the writer's browser sends them but for what is `unlike`."""
    kind = {
        "form": "application/x-www-form-urlencoded",
        "json": "application/json",
        "key": "application/json",
    }
    headers = {
        "Content-Type": kind[way],
        "Accept": "text/html" if way == "form" else "application/json",
        "User-Agent": unlike.get("agent", "Ann's browser"),
        "Accept-Language": unlike.get("language", "en"),
        **({"Cookie": cookie} if cookie else {}),
        **({"Idempotency-Key": "once"} if way == "key" else {}),
    }
    body = urlencode(FILLED) if way == "form" else json.dumps(FILLED)
    source = unlike.get("address", "203.0.113.9")
    return blog.send("POST", "/posts/open/comments", body=body, headers=headers, source_ip=source)


@pytest.mark.parametrize("unlike", [{"agent": "Another"}, {"language": "de"}, {"address": "203.0.113.77"}])
@pytest.mark.parametrize("way", ["form", "json", "key"])
def test_who_repeats_public_words_is_not_told_the_writers_private_address(
    engine_blog: Blog, way: str, unlike: dict[str, str]
) -> None:
    engine_blog.api("PATCH", "/api/settings", comments_hold="none")
    first = say_again(engine_blog, way)
    mine = first.headers["location"]
    assert mine.startswith("/replies/")
    (comment,) = held(engine_blog, "approved")
    got = say_again(engine_blog, way, **unlike)
    public = f"/posts/open/comments/{comment['id'].partition('.')[2]}"
    assert (got.status, got.headers["location"]) == (303 if way == "form" else 200, public)
    assert "/replies/" not in got.text + got.headers["location"]
    if way != "form":
        assert got.json["url"].endswith(public)
    # Neither the cookie of who repeats it, nor an approval that was taken back, opens it.
    assert say_again(engine_blog, way, cookie=got.cookie, **unlike).headers["location"] == public
    engine_blog.api("PATCH", f"/api/comments/{comment['id']}", status="pending")
    assert say_again(engine_blog, way, **unlike).headers["location"] == "/posts/open"
    # Its writer is led there: by the cookie, or the very browser in which none has come yet.
    for again in (say_again(engine_blog, way), say_again(engine_blog, way, cookie=first.cookie, **unlike)):
        assert (again.status, again.headers["location"]) == (first.status, mine)
    assert len(held(engine_blog)) == 1


@pytest.mark.parametrize("way", ["form", "json", "key"])
def test_words_that_stand_nowhere_are_known_to_their_writer_alone(engine_blog: Blog, way: str) -> None:
    first = say_again(engine_blog, way)
    again = say_again(engine_blog, way, agent="Another", address="203.0.113.77")
    assert (again.status, again.headers["location"]) == (first.status, first.headers["location"])


@pytest.mark.parametrize("way", ["form", "json", "key"])
def test_a_lost_answer_leads_to_the_same_private_page(engine_blog: Blog, faults: Faults, way: str) -> None:
    engine_blog.api("PATCH", "/api/settings", comments_hold="none")
    faults.on("TransactWriteItems", lost_reply(), times=3)
    say_again(engine_blog, way)
    got = [say_again(engine_blog, way) for _ in range(2)]
    assert len({each.headers["location"] for each in got}) == 1
    assert engine_blog.get(got[0].headers["location"]).status == 200
    assert got[0].headers["location"].startswith("/replies/")
    assert len(held(engine_blog, "approved")) == 1


def test_a_reply_may_be_repeated_after_a_day(engine_blog: Blog, moment: Moment) -> None:
    for hours in (0, 23, 2):
        moment.forward(hours=hours)
        engine_blog.form("/posts/open/comments", **FILLED)
    assert len(held(engine_blog)) == 2


# --- the author ------------------------------------------------------------------------------


def test_the_author_answers_at_once(blog: Blog) -> None:
    blog.api("PATCH", "/api/settings", author="Parker")
    got = blog.api("POST", "/posts/open/comments", body="Welcome")
    assert (got.status, got.json["status"]) == (201, "approved")
    (reply,) = page.replies(blog.get("/posts/open").text)
    assert all(text in reply.words for text in ("Parker", "author", "Welcome"))
    assert blog.get(got.headers["location"]).status == 200


@pytest.mark.parametrize("authorization", ["Bearer wrong", "Bearer ", "Basic eDp5", "x"])
def test_who_claims_to_be_the_author_shows_a_good_token(engine_blog: Blog, authorization: str) -> None:
    headers = {"Content-Type": "application/json", "Authorization": authorization}
    got = engine_blog.send("POST", "/posts/open/comments", body=json.dumps(FILLED), headers=headers)
    assert got.status == 401
    assert held(engine_blog) == held(engine_blog, "approved") == []


def test_a_reader_who_takes_the_authors_name_is_not_marked(engine_blog: Blog) -> None:
    engine_blog.reply("open", name="The author")
    assert "<em>author</em>" not in engine_blog.get("/posts/open").text


# --- addresses -------------------------------------------------------------------------------


def test_an_email_address_is_told_to_nobody(blog: Blog) -> None:
    got = send_json(blog, **FILLED)
    assert "ann@" not in got.text
    (comment,) = held(blog)
    blog.api("PATCH", f"/api/comments/{comment['id']}", status="approved")
    local = comment["id"].partition(".")[2]
    for target in (
        "/",
        "/posts/open",
        "/posts/open/comments",
        f"/posts/open/comments/{local}",
        got.headers["location"],
    ):
        assert "ann@" not in blog.get(target).text
    assert "ann@" not in blog.api("GET", f"/api/comments/{comment['id']}").text


def test_an_email_address_is_not_kept(engine_blog: Blog) -> None:
    engine_blog.reply("open", email="ann@example.org")
    assert "ann@" not in str(engine_blog.everything())


def test_what_is_null_in_json_is_not_sent(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    assert engine_blog.reply("open", "Words", parent=None, email=None, website=None)


def test_the_id_that_the_api_gave_may_be_answered(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    first = engine_blog.reply("open", "First")
    engine_blog.reply("open", "Second", parent=first)
    assert [shown.depth for shown in page.replies(engine_blog.get("/posts/open").text)] == [1, 2]
