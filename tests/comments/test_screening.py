"""The layers of the spam defence: each on and off, and what passes them."""

from __future__ import annotations

import json
import re
from collections import Counter
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.comments import bans, screening
from chalicelib.comments.bans import Ban
from chalicelib.comments.screening import Said, content_reasons, distrust, status_of
from chalicelib.comments.stamps import stamp
from chalicelib.core import clock, markup, networks, table
from chalicelib.core.config import config
from chalicelib.core.visitors import COOKIE, visitor_of
from chalicelib.people.actions import person_of
from chalicelib.settings.model import Site
from tests import page
from tests.blog import Blog, Got
from tests.conftest import GUARDED, Moment
from tests.faults import Faults

SPAM = {"name": "Ann", "body": "I agree."}
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")


@pytest.fixture(autouse=True)
def post(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Every test here has a post at /posts/open, and the defences that a new blog has."""
    if "moment" in request.fixturenames:
        request.getfixturevalue("moment")
    blog: Blog = request.getfixturevalue("blog" if "blog" in request.fixturenames else "engine_blog")
    made: dict[str, Any] = blog.post("Open")
    guard(blog, **GUARDED)
    return made


def guard(blog: Blog, **settings: Any) -> None:
    assert blog.api("PATCH", "/api/settings", **settings).status == 200


def kept(blog: Blog, status: str = "pending") -> list[dict[str, Any]]:
    return list(blog.api("GET", f"/api/comments?status={status}&limit=100").json["items"])


def stamped(blog: Blog) -> str:
    return page.typed(blog.get("/posts/open").text)["issued"]


def send_json(blog: Blog, source_ip: str = "203.0.113.9", **fields: Any) -> Got:
    headers = {"Content-Type": "application/json"}
    body = json.dumps({**SPAM, **fields})
    return blog.send("POST", "/posts/open/comments", body=body, headers=headers, source_ip=source_ip)


def fill(blog: Blog, issued: str, body: str = "I agree.", **fields: Any) -> Got:
    return blog.form("/posts/open/comments", **{"name": "Ann", "body": body, "issued": issued, **fields})


# --- the form's age --------------------------------------------------------------------------


def test_a_form_is_good_from_three_seconds_to_a_day(blog: Blog, moment: Moment) -> None:
    issued = stamped(blog)
    for seconds, status in [(0, 422), (2, 422), (1, 303), (24 * 3600 - 3, 303), (1, 422)]:
        moment.forward(seconds=seconds)
        assert fill(blog, issued, f"After {seconds} more").status == status
    assert len(kept(blog)) == 2


def test_a_form_that_came_too_soon_comes_back_and_is_good_a_moment_later(blog: Blog, moment: Moment) -> None:
    issued = stamped(blog)
    for _ in range(2):
        got = fill(blog, issued, "Written in haste")
        assert "very quick" in got.text
        assert "wait a few seconds" in got.text
        issued = page.typed(got.text)["issued"]
        moment.forward(seconds=1)
    assert page.typed(got.text)["body"] == "Written in haste"
    moment.forward(seconds=1)
    assert fill(blog, page.typed(got.text)["issued"], "Written in haste").status == 303


def test_an_old_form_comes_back_filled_with_a_fresh_one(blog: Blog, moment: Moment) -> None:
    issued = stamped(blog)
    moment.forward(hours=25)
    got = fill(blog, issued, "Thought about for long", website="https://ann.example")
    assert "expired" in got.text
    back = page.typed(got.text)
    assert (back["body"], back["website"]) == ("Thought about for long", "https://ann.example")
    moment.forward(seconds=5)
    assert fill(blog, back["issued"], back["body"]).status == 303


@pytest.mark.parametrize("forge", ["", "x", "x.y", "{}x", "{}.", "é"])
def test_a_stamp_that_this_blog_did_not_sign_is_none(engine_blog: Blog, moment: Moment, forge: str) -> None:
    issued = forge.format(stamped(engine_blog))
    moment.forward(seconds=10)
    got = fill(engine_blog, issued)
    assert got.status == 422
    assert kept(engine_blog) == []


def test_the_stamp_of_another_post_is_none(engine_blog: Blog, moment: Moment) -> None:
    other = engine_blog.post("Other")
    issued = stamp(other["id"])
    moment.forward(seconds=10)
    assert fill(engine_blog, issued).status == 422


def test_a_page_never_shows_a_form_that_is_nearly_too_old(engine_blog: Blog, moment: Moment) -> None:
    first = engine_blog.get("/posts/open")
    moment.forward(hours=11)
    engine_blog.get("/posts/open")
    moment.forward(hours=13)
    again = engine_blog.get("/posts/open", If_None_Match=first.headers["etag"])
    assert again.status == 200
    moment.forward(seconds=5)
    assert fill(engine_blog, page.typed(again.text)["issued"]).status == 303


def test_ages_can_be_switched_off(engine_blog: Blog) -> None:
    guard(engine_blog, comments_form_seconds=0, comments_form_hours=0)
    assert engine_blog.form("/posts/open/comments", **SPAM).status == 303


def test_json_says_what_is_wrong_with_a_stamp_and_needs_none(engine_blog: Blog, moment: Moment) -> None:
    issued = stamped(engine_blog)
    assert send_json(engine_blog, issued=issued).json["errors"][0]["field"] == "issued"
    moment.forward(seconds=4)
    assert send_json(engine_blog, issued=issued).status == 201
    guard(engine_blog, comments_hold="none")
    assert send_json(engine_blog, issued=issued, body="Seen at once").json["status"] == "approved"
    moment.forward(minutes=2)
    assert send_json(engine_blog, body="Without a stamp").json["status"] == "pending"
    assert kept(engine_blog)[-1]["reasons"] == ["unstamped"]


# --- the honeypot ----------------------------------------------------------------------------


@pytest.mark.parametrize(("is_set", "status"), [(True, "spam"), (False, "pending")])
def test_what_fills_the_hidden_field_is_spam(blog: Blog, moment: Moment, is_set: bool, status: str) -> None:
    guard(blog, comments_honeypot=is_set)
    issued = stamped(blog)
    assert ("subject" in page.typed(blog.get("/posts/open").text)) == is_set
    moment.forward(seconds=10)
    got = fill(blog, issued, subject="Buy")
    # Its sender is told no more than everybody.
    assert "held until" in blog.get(got.headers["location"]).text
    (comment,) = kept(blog, status)
    assert comment["reasons"] == (["trap"] if is_set else [])


# --- how often -------------------------------------------------------------------------------


def test_a_flood_from_one_network_stores_two_and_shows_none(
    engine_blog: Blog, faults: Faults, moment: Moment, capsys: pytest.CaptureFixture[str]
) -> None:
    issued = stamped(engine_blog)
    moment.forward(seconds=10)
    guard(engine_blog, comments_hold="none", comments_hold_links=1, held_words=["viagra"])
    answers = []
    for number in range(1000):
        moment.forward(seconds=0.05)
        faults.clear()
        text = f"Buy viagra {number} https://spam{number}.example"
        answers.append(fill(engine_blog, issued, text, source_ip=f"198.51.100.{number % 250}"))
        if answers[-1].status == 429:
            assert [call for call in faults.calls if call in WRITES] == []
            assert len(faults.calls) <= 4
    assert sorted({got.status for got in answers}) == [303, 429]
    assert [got.status for got in answers].count(303) == 2
    assert len(kept(engine_blog)) == 2
    assert "viagra" not in engine_blog.get("/posts/open").text
    wait = int(answers[-1].headers["retry-after"])
    assert 0 < wait <= 60
    # Nothing typed is lost, and no address is anywhere.
    assert page.typed(answers[-1].text)["body"].startswith("Buy viagra 999")
    assert "198.51.100" not in str(engine_blog.everything()) + capsys.readouterr().out


def test_a_window_slides(engine_blog: Blog, moment: Moment) -> None:
    statuses = []
    for _ in range(10):
        statuses.append(send_json(engine_blog, body=f"At {moment.now}").status)
        moment.forward(seconds=20)
    assert statuses == [201, 201, 429, 201, 201, 429, 201, 201, 429, 201]


def test_a_window_goes_on_past_midnight(engine_blog: Blog, moment: Moment) -> None:
    moment.now = moment.now.replace(hour=23, minute=59, second=50)
    statuses = []
    for _ in range(4):
        statuses.append(send_json(engine_blog, body=f"At {moment.now}").status)
        moment.forward(seconds=5)
    assert statuses == [201, 201, 429, 429]


def test_a_day_has_its_limit_too(engine_blog: Blog, moment: Moment) -> None:
    guard(engine_blog, comments_per_minute=0, comments_per_day=3)
    statuses = []
    for _ in range(5):
        statuses.append(send_json(engine_blog, body=f"At {moment.now}").status)
        moment.forward(hours=6)
    assert statuses == [201, 201, 201, 429, 201]


@pytest.mark.parametrize(
    ("addresses", "passing"),
    [
        (["198.51.100.1", "198.51.100.200", "198.51.100.9"], 2),
        (["198.51.100.1", "198.51.101.1", "198.51.102.1"], 3),
        (["2001:db8:1:1::1", "2001:db8:1:2::1", "2001:db8:1:ffff::"], 2),
        (["2001:db8:1::1", "2001:db8:2::1", "2001:db8:3::1"], 3),
        (["unknown", "", "unknown"], 2),
    ],
)
def test_networks_are_told_apart_by_24_or_48_bits(
    engine_blog: Blog, addresses: list[str], passing: int
) -> None:
    got = [send_json(engine_blog, at, body=f"Words {number}") for number, at in enumerate(addresses)]
    assert [each.status for each in got].count(201) == passing


def test_what_a_header_says_of_the_sender_changes_nothing(engine_blog: Blog) -> None:
    statuses = []
    for number in range(4):
        headers = {"Content-Type": "application/json", "X-Forwarded-For": f"203.0.{number}.1"}
        body = json.dumps({**SPAM, "body": f"Words {number}"})
        statuses.append(engine_blog.send("POST", "/posts/open/comments", body=body, headers=headers).status)
    assert statuses == [201, 201, 429, 429]


def test_the_author_is_exempt(engine_blog: Blog) -> None:
    guard(engine_blog, spam_words=["agree"], comments_hold_links=1)
    for number in range(5):
        got = engine_blog.api("POST", "/posts/open/comments", body=f"I agree {number} https://a.example")
        assert got.json["status"] == "approved"


def test_a_networks_name_is_another_one_each_day_and_cannot_be_found_again(
    engine_blog: Blog, moment: Moment
) -> None:
    send_json(engine_blog)
    (first,) = networks.keys_of("203.0.113.0/24")
    moment.forward(days=1)
    today, yesterday = networks.keys_of("203.0.113.0/24")
    assert (yesterday, today != first) == (first, True)
    salts = [item for item in engine_blog.everything() if item["pk"]["S"].startswith("SALT#")]
    rates = [item for item in engine_blog.everything() if item["pk"]["S"].startswith("RATE#")]
    end = clock.now().timestamp() + 2 * 24 * 3600
    assert [item["pk"]["S"] for item in rates] == [f"RATE#reply#{first}"]
    assert all(int(item["ttl"]["N"]) <= end for item in salts + rates)


# --- links, words, hosts ---------------------------------------------------------------------


def said(source: str, name: str = "Ann", website: str = "") -> Said:
    return Said(name, website, source, markup.render_comment(source))


@pytest.mark.parametrize(
    ("source", "is_held"),
    [
        ("None", False),
        ("One https://a.example", False),
        ("https://a.example and https://b.example", True),
        ("[a](https://a.example) and <https://b.example>", True),
        ("`https://a.example` and `https://b.example`", False),
    ],
)
def test_links_are_counted_as_readers_would_see_them(source: str, is_held: bool) -> None:
    assert list(content_reasons(Site(), said(source))) == (["links"] if is_held else [])
    assert list(content_reasons(Site(comments_hold_links=0), said(source))) == []


@pytest.mark.parametrize(
    ("word", "source", "is_found"),
    [
        ("casino", "The Casino.", True),
        ("casino", "ＣＡＳＩＮＯ", True),
        ("casino", "cas\u00adino", True),
        ("casino", "ca\u200bsino", True),
        ("casino", "casinos", False),
        ("casino*", "casinos", True),
        ("*casino", "supercasino", True),
        ("casino", "supercasino", False),
        ("press", "WordPress", False),
        ("free money", "FREE \n money!", True),
        ("free money", "free of money", False),
        ("казино", "Лучшее КАЗИНО здесь", True),
        ("казино", "подказино", False),
        ("赌场", "最好的赌场在线", True),
        ("カジノ", "オンラインカジノで", True),
        ("كازينو", "أفضل الكازينو هنا", True),
        ("카지노", "온라인카지노는", True),
        ("straße", "STRASSE", True),
        ("c++", "I like C++ more", True),
        ("*", "anything", False),
        (".*", "anything", False),
        ("a.b", "axb", False),
        # As it is shown.
        ("casino", "cas**ino**", True),
        ("casino", "cas*i*no", True),
        ("casino", "ca`si`no", True),
        ("casino", "&#99;asino", True),
        ("casino", "c&#x61;sino", True),
        ("casino", "cas[i](https://a.example)no", True),
        ("casino", "_casino_", True),
        ("casino", "    casino in code", True),
        ("free money", "free **money**", True),
        ("casino", "cas **ino**", False),
        # What cannot be seen.
        ("casino", "ca\u034fsino", True),
        ("casino", "ca\ufe0fsino", True),
        ("casino", "cas\U000e0101ino", True),
        ("casino", "cas\u115fino", True),
        ("casino", "cas\u3164ino", True),
        ("casino", "cas\u2800ino", True),
        ("casino", "cas\u180bino", True),
        ("casino", "cas\U000e0069ino", True),
        # Marks on Latin letters.
        ("casino", "cásino", True),
        ("casino", "ca\u0301si\u0308no", True),
        ("casino", "c\u0338a\u0338s\u0338i\u0338n\u0338o\u0338", True),
        ("casino", "c\u034fa\u20ddsino", True),
        ("café", "un Café", True),
        ("café", "un cafe\u0301", True),
        ("café", "the cafe", False),
        ("sòng bạc", "Sòng bạc online", True),
        # Scripts that need theirs.
        ("قِمار", "لعب قِمار", True),
        ("قمار", "لعب قِمار", False),
        ("जुआ", "ऑनलाइन जुआ खेलें", True),
        ("जआ", "ऑनलाइन जुआ खेलें", False),
        ("คาสิโน", "คาสิโนออนไลน์", True),
        ("คาสโน", "คาสิโนออนไลน์", False),
        ("ギャンブル", "ギャンブル", True),
        ("キャンブル", "ギャンブル", False),
        ("мой", "мой дом", True),
        ("мои", "мой дом", False),
        # Letters of other scripts within a Latin word.
        ("casino", "cаsino", True),
        ("casino", "сasinо", True),
        ("casino", "CΑSINΟ", True),
        ("casino", "САSINО", True),
        ("casino", "casinο", True),
        ("casino", "с4sinо casіnо", True),
        ("casino", "cа\u0301sino", True),
        ("poker", "рoкеr", True),
        ("cop", "сор", False),
        ("сор", "сор", True),
        ("iphoneом", "с iPhoneом", True),
    ],
)
def test_words_are_found_in_any_script(word: str, source: str, is_found: bool) -> None:
    reasons = list(content_reasons(Site(held_words=(word,)), said(source)))
    assert reasons == (["words"] if is_found else [])
    spam = status_of(Site(spam_words=(word,), comments_hold="none"), said(source), is_trusted=False)
    assert spam == ("spam" if is_found else "approved")


@pytest.mark.parametrize(
    ("host", "website", "source", "is_found"),
    [
        ("spam.example", "https://spam.example/x", "", True),
        ("spam.example", "https://www.spam.example", "", True),
        ("spam.example", "https://shop.SPAM.example:8080/", "", True),
        ("spam.example", "https://notspam.example", "", False),
        ("spam.example", "", "see https://shop.spam.example/y", True),
        ("spam.example", "", "[a](https://spam.example)", True),
        ("spam.example", "", "my spam.example", True),
        ("example", "https://spam.example", "", True),
        ("www.spam.example", "https://spam.example", "", True),
        ("SPAM.example.", "https://spam.example", "", True),
        ("bücher.example", "https://xn--bcher-kva.example", "", True),
        ("xn--bcher-kva.example", "https://Bücher.example", "", True),
        ("spam.example", "https://sp%61m.example", "", True),
        ("spam.example", "https://ｓpam.example", "", True),
        ("spam.example", "", "[a](https://spam.example./x)", True),
        ("spam.example", "", "[a](https://sp%61m%2eexample/x)", True),
        ("spam.example", "", "[a](//ｓpam.example/x)", True),
        ("spam.example", "", "[a](https:/sp%61m.example)", True),
    ],
)
def test_hosts_are_found_in_links_and_websites(host: str, website: str, source: str, is_found: bool) -> None:
    reasons = list(content_reasons(Site(held_words=(host,)), said(source or "Words", website=website)))
    assert reasons == (["words"] if is_found else [])


def test_long_lists_are_looked_for_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two patterns are made once, one for each list, and each reply is read once and searched twice."""
    counted: Counter[str] = Counter()
    plain = screening._plain

    def compile_counted(pattern: str) -> Any:
        counted["made"] += 1
        made = re.compile(pattern)

        def search(text: str) -> Any:
            counted["searched"] += 1
            return made.search(text)

        return SimpleNamespace(search=search)

    def plain_counted(text: str) -> str:
        counted["read"] += len(text) > 1000
        return plain(text)

    site = Site(
        held_words=tuple(f"held{number} word" for number in range(1000)),
        spam_words=tuple(f"*spam{number}.example" for number in range(1000)),
        comments_hold="none",
    )
    counting = SimpleNamespace(compile=compile_counted, escape=re.escape, search=re.search)
    monkeypatch.setattr(screening, "re", counting)
    monkeypatch.setattr(screening, "_plain", plain_counted)
    for number in range(3):
        reply = said("Many words, and none of them is odd. " * 200 + str(number))
        assert status_of(site, reply, is_trusted=False) == "approved"
        assert list(content_reasons(site, reply)) == []
    assert counted == {"made": 2, "searched": 6, "read": 3}
    assert status_of(site, said("A held999 word"), is_trusted=False) == "pending"
    assert status_of(site, said("myspam999.example"), is_trusted=False) == "spam"


@pytest.mark.parametrize(
    "website",
    [
        "https://evil.example",
        "http://EVIL.example:8080/x",
        "https://www.evil.example",
        "https://evil.example.",
        "https://ev%69l.example",
        "https://evil%2Eexample",
        "https://ｅvil.example",
        "https://evil。example",
        "https://evil\uff61example",
        "https://ev\u00adil.example",
        "https://ev\ufe0fil.example",
        "https://ev%C2%ADil.example",
        "https://good.example@evil.example",
        "https:\\\\evil.example\\@good.example",
        "https:/evil.example",
        "https:evil.example",
        "///evil.example",
        " \t/\\evil.example",
        "HTTPS:////evil.example",
    ],
)
def test_a_host_is_the_one_that_a_browser_goes_to(website: str) -> None:
    assert bans.host_of(website) == "evil.example"


@pytest.mark.parametrize(
    ("website", "host"),
    [
        ("https://straße.example", "xn--strae-oqa.example"),
        ("https://strasse.example", "strasse.example"),
        ("https://例子.公司", "xn--fsqu00a.xn--55qx5d"),
        ("https://[2001:db8::1]/", "2001:db8::1"),
        ("https://[", ""),
        ("mailto:ann@example.org", ""),
        ("/posts/open", ""),
        ("", ""),
    ],
)
def test_hosts_that_are_others_stay_others(website: str, host: str) -> None:
    assert bans.host_of(website) == host


def test_words_are_looked_for_in_names_too() -> None:
    assert list(content_reasons(Site(held_words=("casino",)), said("Words", name="Best Casino"))) == ["words"]


def test_held_words_hold_and_spam_words_are_spam(blog: Blog) -> None:
    guard(blog, comments_hold="none", held_words=["casino"], spam_words=["viagra"], comments_per_minute=0)
    guard(blog, comments_form_seconds=0, comments_form_hours=0)
    for word, status in [("casino", "pending"), ("viagra", "spam"), ("letters", "approved")]:
        got = send_json(blog, body=f"About {word} alone")
        # Whoever sends spam is not told so before a person has looked at it: not here, nor on its page.
        shown = "pending" if status == "spam" else status
        assert got.json["status"] == shown
        assert blog.get(got.headers["location"], Accept="application/json").json["status"] == shown
        assert got.json["id"] in [one["id"] for one in kept(blog, status)]
    assert kept(blog)[0]["reasons"] == ["words"]


def test_a_page_of_what_the_blog_took_for_spam_looks_like_that_of_what_waits(
    engine_blog: Blog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_FROM", "blog@example.org")
    monkeypatch.setenv("PUBLIC_URL", "https://localhost")
    config.cache_clear()
    guard(engine_blog, spam_words=["viagra"], comments_per_minute=0)
    pages = []
    for word in ("viagra", "letter"):
        mine = send_json(engine_blog, body=f"About {word}").headers["location"]
        shown = engine_blog.get(mine).text
        pages.append(shown.replace(mine, "mine").replace(word, "word"))
        assert engine_blog.form(f"{mine}/mail", email="ann@example.org").status == 303
    ids = re.compile(r"c-\w+|/comments/\w+")
    assert ids.sub("", pages[0]) == ids.sub("", pages[1])


# --- the same text ---------------------------------------------------------------------------


@pytest.mark.parametrize("is_set", [True, False])
def test_a_text_that_was_just_sent_by_somebody_else_is_held(
    engine_blog: Blog, moment: Moment, is_set: bool
) -> None:
    guard(engine_blog, comments_hold="none", comments_form_seconds=0, comments_form_hours=0)
    guard(engine_blog, comments_hold_duplicates=is_set)
    engine_blog.post("Other")
    text = "What a wonderful post, I shall tell my friends!"
    said = [("203.0.113.1", text), ("198.51.100.1", text.upper()), ("192.0.2.1", f"*{text}*")]
    statuses = [send_json(engine_blog, at, body=body).json["status"] for at, body in said]
    assert statuses == ["approved", *(["pending"] * 2 if is_set else ["approved"] * 2)]
    moment.forward(hours=25)
    assert send_json(engine_blog, body=text).json["status"] == "approved"


def test_what_many_people_say_is_not_held(engine_blog: Blog) -> None:
    guard(engine_blog, comments_hold="none", comments_form_seconds=0, comments_form_hours=0)
    for address in ("203.0.113.1", "198.51.100.1"):
        assert send_json(engine_blog, address, body="Thank you!").json["status"] == "approved"


# --- trust -----------------------------------------------------------------------------------


def leave(blog: Blog, moment: Moment, body: str, cookie: str = "", **fields: str) -> tuple[str, str]:
    """A reply by the form, ten minutes after the last: its status, and the cookie from then on."""
    issued = stamped(blog)
    moment.forward(minutes=10)
    got = fill(blog, issued, body, cookie=cookie, **fields)
    assert got.status == 303
    state = blog.get(got.headers["location"], Accept="application/json").json["status"]
    return state, got.cookie


def test_first_timers_are_held_until_one_of_theirs_was_approved(blog: Blog, moment: Moment) -> None:
    guard(blog, comments_hold="first")
    status, cookie = leave(blog, moment, "First")
    assert (status, kept(blog)[0]["reasons"]) == ("pending", ["first"])
    assert leave(blog, moment, "Second", cookie)[0] == "pending"
    first, _ = kept(blog)
    assert blog.api("PATCH", f"/api/comments/{first['id']}", status="approved").status == 200
    assert leave(blog, moment, "Third", cookie)[0] == "approved"
    # The same name and address typed elsewhere are somebody else's.
    assert leave(blog, moment, "Fourth", email="ann@example.org")[0] == "pending"
    assert leave(blog, moment, "Fifth", f"{COOKIE}=forged.x")[0] == "pending"
    # What looks odd is held all the same.
    assert leave(blog, moment, "https://a.example https://b.example", cookie)[0] == "pending"
    guard(blog, comments_hold="all")
    assert leave(blog, moment, "Sixth", cookie)[0] == "pending"


def test_trust_ends_where_it_is_taken_away(engine_blog: Blog, moment: Moment) -> None:
    guard(engine_blog, comments_hold="first")
    _, cookie = leave(engine_blog, moment, "First")
    (first,) = kept(engine_blog)
    engine_blog.api("PATCH", f"/api/comments/{first['id']}", status="approved")
    assert leave(engine_blog, moment, "Second", cookie)[0] == "approved"
    request = type("Asked", (), {"cookies": dict([cookie.split("=", 1)])})()
    visitor = visitor_of(request)
    assert visitor
    table.write(distrust(visitor.mark("reply")))
    assert leave(engine_blog, moment, "Third", cookie)[0] == "pending"


def test_nothing_need_be_held(engine_blog: Blog, moment: Moment) -> None:
    guard(engine_blog, comments_hold="none")
    assert leave(engine_blog, moment, "Seen at once")[0] == "approved"
    assert "Seen at once" in engine_blog.get("/posts/open").text


# --- bans ------------------------------------------------------------------------------------


def ban(kind: Any, name: str, **left: float) -> None:
    from datetime import timedelta

    now = clock.now()
    table.write(bans.put(Ban(kind, name, now, "a.b", now + timedelta(**left) if left else None)))


@pytest.mark.parametrize(
    ("kind", "name", "fields"),
    [
        ("email", "ann@example.org", {"email": "Ann@Example.org "}),
        ("email", "ann@example.org", {"email": "ann@ｅxample。org"}),
        ("site", "spam.example", {"website": "https://shop.spam.example/x"}),
        ("site", "spam.example", {"website": "https://shop.ｓp%61m.example/x"}),
        ("network", "203.0.113.0/24", {}),
    ],
)
def test_who_is_banned_is_refused_until_the_ban_ends(
    blog: Blog, moment: Moment, kind: str, name: str, fields: dict[str, str]
) -> None:
    names = {
        "email": lambda name: bans.email_name(person_of(name)),
        "site": str,
        "network": networks.lasting_key,
    }
    name = names[kind](name)
    ban(kind, name, days=30)
    got = send_json(blog, **fields)
    assert (got.status, got.headers["content-type"]) == (403, "application/problem+json")
    # One sentence for all kinds: it does not tell whether an address is banned.
    assert got.json["detail"] == "The author of this blog takes no replies from you or from your network."
    issued = stamped(blog)
    moment.forward(seconds=10)
    form = fill(blog, issued, "By the form", **fields)
    assert (form.status, page.typed(form.text)["body"]) == (403, "By the form")
    assert kept(blog) == kept(blog, "spam") == []
    assert send_json(blog, "198.51.100.1", body="Somebody else").status == 201
    moment.forward(days=30)
    assert send_json(blog, **fields).status == 201


@pytest.mark.parametrize("pressed", [{}, {"preview": "yes"}])
def test_what_another_site_sends_comes_back_to_be_looked_at(
    blog: Blog, moment: Moment, pressed: dict[str, str]
) -> None:
    issued = stamped(blog)
    moment.forward(seconds=10)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    typed = {"name": "Ann", "body": "Put into her mouth", "issued": issued, "remember": "yes"}
    before = blog.everything()
    for sender in ("cross-site", "same-site", "same-origin"):
        sent = {**headers, "Sec-Fetch-Site": sender}
        got = blog.send("POST", "/posts/open/comments", body=urlencode({**typed, **pressed}), headers=sent)
        if sender == "cross-site":
            assert (got.status, page.typed(got.text)["body"]) == (403, "Put into her mouth")
            assert "This came from another website" in got.text
            assert "set-cookie" not in got.headers
            assert blog.everything() == before
            typed["issued"] = page.typed(got.text)["issued"]
            typed["body"] += " by herself"
        else:
            assert got.status == (200 if pressed else 303)


def test_json_of_another_site_is_refused(engine_blog: Blog) -> None:
    headers = {"Content-Type": "application/json", "Sec-Fetch-Site": "cross-site"}
    got = engine_blog.send("POST", "/posts/open/comments", body=json.dumps(SPAM), headers=headers)
    assert (got.status, got.headers["content-type"]) == (403, "application/problem+json")
    assert "set-cookie" not in got.headers
    assert kept(engine_blog) == []


def test_a_ban_without_an_end_stands_until_it_is_lifted(engine_blog: Blog, moment: Moment) -> None:
    ban("site", "spam.example")
    moment.forward(days=3000)
    site = {"website": "https://spam.example"}
    assert send_json(engine_blog, **site).status == 403
    assert [one.name for one in bans.list_bans()] == ["spam.example"]
    table.write(bans.lift("site", "spam.example"))
    assert send_json(engine_blog, **site).status == 201


# --- together --------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["draft", "deleted", "scheduled"])
def test_what_is_not_public_takes_no_reply(engine_blog: Blog, moment: Moment, status: str) -> None:
    fields = {"status": "draft"} if status != "scheduled" else {"published_at": moment.ahead(days=1)}
    made = engine_blog.post("Hidden", **fields)
    if status == "deleted":
        engine_blog.api("DELETE", f"/api/posts/{made['id']}")
    headers = {"Content-Type": "application/json"}
    got = engine_blog.send("POST", "/posts/hidden/comments", body=json.dumps(SPAM), headers=headers)
    assert got.status in (404, 410)
    assert kept(engine_blog) == []


@pytest.mark.parametrize("field", ["status", "is_author", "reasons", "visitor", "created_at", "id", "html"])
def test_what_the_blog_decides_cannot_be_sent(engine_blog: Blog, moment: Moment, field: str) -> None:
    assert send_json(engine_blog, **{field: "approved"}).status == 422
    issued = stamped(engine_blog)
    moment.forward(seconds=10)
    assert fill(engine_blog, issued, **{field: "approved"}).status == 303
    (comment,) = kept(engine_blog)
    assert (comment["status"], comment["is_author"]) == ("pending", False)
