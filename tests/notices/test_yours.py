"""What was said under an address: its owner gets it, and can have it erased; nobody else learns of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from html import escape
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib.comments.actions import change_comment, require_comment
from chalicelib.comments.model import COMMENT_FIELDS, Comment
from chalicelib.core import table
from chalicelib.core.config import config
from chalicelib.core.table import Put
from chalicelib.notices import yours
from chalicelib.notices.actions import tell_readers
from chalicelib.notices.keys import yours_key
from chalicelib.people.actions import claim_asking, person_of
from tests import page
from tests.blog import Blog
from tests.conftest import Moment
from tests.faults import Died, Faults, at_once, die_after, die_before
from tests.notices.office import ANN, BO, HOST, Office, confirmed, decide, kept, say, tick
from tests.site.test_xss import accepted, assert_harmless

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}


def ask(blog: Blog, email: str = ANN, network: str = "203.0.113.9") -> Any:
    body = f"email={email.replace('@', '%40')}"
    return blog.send("POST", "/yours", body=body, headers=FORM, source_ip=network)


def link(blog: Blog, office: Office, moment: Moment) -> str:
    ask(blog)
    moment.forward(minutes=1)
    tick()
    return office.one(ANN).link("/yours/")


# --- asking ----------------------------------------------------------------------------------


def test_the_answer_is_the_same_whether_or_not_there_is_anything(
    blog: Blog, office: Office, moment: Moment
) -> None:
    say(blog, ANN, wants_mail=False)
    told = [ask(blog, email) for email in (ANN, BO)]
    assert {got.status for got in told} == {200}
    assert told[0].text == told[1].text
    assert "on its way" in told[0].text
    assert "until tomorrow" in told[0].text
    moment.forward(minutes=1)
    tick()
    assert [got.to for got in office.readers()] == [ANN]
    # Where nothing was said nothing is kept, and where the link was mailed nothing more is.
    assert kept(blog, "reader.example") == []


def test_nobody_can_starve_the_link_with_other_mails(blog: Blog, office: Office, moment: Moment) -> None:
    """Somebody else types that address into a form of theirs just before: it has had its mail of the day."""
    say(blog, ANN, wants_mail=False)
    assert claim_asking(person_of(ANN), "somebody else's browser")
    ask(blog)
    moment.forward(minutes=1)
    tick()
    assert office.all(ANN) == []
    moment.forward(hours=24)
    tick()
    assert [got.subject for got in office.all(ANN)] == ["[Letters] What you wrote here"]
    assert kept(blog, "reader.example") == []


@pytest.mark.parametrize(
    "typed", ["", "ann", "a@b", "a b@c.example", f"{'a' * 250}@b.example", "<b>@x.example"]
)
def test_what_is_no_address_comes_back_filled(engine_blog: Blog, office: Office, typed: str) -> None:
    got = engine_blog.form("/yours", email=typed)
    assert got.status in (413, 422)
    assert page.typed(got.text)["email"] == typed
    assert "name@example.org" in got.text


def test_the_form_is_for_forms(engine_blog: Blog, office: Office) -> None:
    assert (
        engine_blog.send("POST", "/yours", body="{}", headers={"Content-Type": "application/json"}).status
        == 415
    )
    assert engine_blog.form("/yours", email="x" * 20_000).status == 413
    assert engine_blog.form("/yours").status == 422


def test_one_network_asks_five_times_an_hour(blog: Blog, office: Office, moment: Moment) -> None:
    told = [ask(blog, f"reader{number}@a.example", f"203.0.113.{number}").status for number in range(7)]
    assert told == [200] * 5 + [429] * 2
    assert ask(blog, network="198.51.100.1").status == 200
    moment.forward(hours=1)
    assert ask(blog).status == 200


def test_without_mail_the_page_says_whom_to_ask(
    engine_blog: Blog, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_FROM", "")
    config.cache_clear()
    for got in (engine_blog.get("/yours"), engine_blog.form("/yours", email=ANN)):
        assert got.status == 200
        assert "Ask Maren" in got.text
    assert kept(engine_blog, ANN) == []


def test_the_page_on_privacy_leads_there(engine_blog: Blog, office: Office) -> None:
    assert "/yours" in page.addresses(engine_blog.get("/privacy").text)
    made = engine_blog.api("POST", "/api/posts", title="Yours", body="Words", type="page", slug="yours")
    assert made.status == 422 or made.json["slug"] != "yours"


def test_the_link_waits_until_the_address_may_be_mailed_to(
    blog: Blog, office: Office, moment: Moment
) -> None:
    tell_readers(say(blog, ANN))
    office.empty()
    moment.forward(hours=2)
    ask(blog)
    moment.forward(minutes=1)
    tick()
    assert office.readers() == []
    moment.forward(hours=22)
    tick()
    assert "/yours/" in office.one(ANN).text


def test_asked_for_twice_the_link_is_mailed_once_that_day(blog: Blog, office: Office, moment: Moment) -> None:
    say(blog, ANN, wants_mail=False)
    for _ in range(3):
        ask(blog)
        moment.forward(minutes=1)
        tick()
    assert len(office.readers()) == 1
    moment.forward(days=1)
    ask(blog)
    moment.forward(minutes=1)
    tick()
    assert len(office.readers()) == 2


# --- reading and saving ----------------------------------------------------------------------


def test_everything_said_under_an_address_is_listed(blog: Blog, office: Office, moment: Moment) -> None:
    first = say(blog, ANN, body="The *first*.", visitor="one")
    say(blog, ANN.upper(), body="The second.", visitor="two", status="pending")
    say(blog, ANN, body="The third.", status="spam")
    say(blog, BO, body="Not hers.", visitor="other")
    got = blog.get(link(blog, office, moment))
    assert got.status == 200
    for said in ("The <em>first</em>.", "The second.", "The third.", "3 replies", "held", "taken for spam"):
        assert said in got.text
    assert "Not hers" not in got.text
    assert ANN not in got.text
    assert f"/posts/open/comments/{first.partition('.')[2]}" in page.addresses(got.text)
    for name, value in {
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-robots-tag": "noindex",
    }.items():
        assert got.headers[name] == value


def test_the_file_holds_all_that_was_given(blog: Blog, office: Office, moment: Moment) -> None:
    first = say(blog, ANN, body="The *first*.", website="ann.example", name="Ann A.")
    moment.forward(seconds=1)
    second = say(blog, ANN, body="The second.", parent=first, status="pending")
    for body in ("Better.", "Mended."):
        assert blog.api("PATCH", f"/api/comments/{second}", body=body).status == 200
    confirmed(ANN)
    mine = link(blog, office, moment)
    (target,) = [address for address in page.addresses(blog.get(mine).text) if "/export" in address]
    got = blog.get(target)
    assert got.headers["content-disposition"] == 'attachment; filename="replies.json"'
    assert got.headers["cache-control"] == "no-store"
    told = json.loads(got.text)
    assert [one["body"] for one in told["comments"]] == ["The *first*.", "Mended."]
    assert told["comments"][0] | {"decided_at": None} == {
        "id": first,
        "post": {"title": "A walk", "url": "https://letters.example/posts/open"},
        "parent": None,
        "url": f"https://letters.example/posts/open/comments/{first.partition('.')[2]}",
        "status": "approved",
        "name": "Ann A.",
        "website": "https://ann.example",
        "body": "The *first*.",
        "wants_mail": True,
        "created_at": "2026-11-23T12:00:00Z",
        "decided_at": None,
    }
    original = {"name": "Ann", "website": "", "body": "The second."}
    assert told["comments"][1]["original"] == original
    assert "original" not in told["comments"][0]
    assert told["comments"][1]["parent"] == first
    assert len(told["answers_are_mailed_since"]) == 1


def test_what_only_the_blog_took_for_spam_waits_as_far_as_its_writer_is_told(
    engine_blog: Blog, office: Office, moment: Moment
) -> None:
    engine_blog.api("PATCH", "/api/settings", spam_words=["viagra"])
    full_id = say(engine_blog, ANN, body="About viagra.", status="pending")
    assert require_comment(full_id).status == "spam"
    mine = link(engine_blog, office, moment)
    assert "held until" in engine_blog.get(mine).text
    (told,) = engine_blog.get(f"{mine}/export").json["comments"]
    assert told["status"] == "pending"
    decide(engine_blog, full_id, "deleted")
    decide(engine_blog, full_id, "spam")
    (told,) = engine_blog.get(f"{mine}/export").json["comments"]
    assert told["status"] == "spam"


def test_many_are_read_and_saved_in_parts(
    engine_blog: Blog, office: Office, moment: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yours, "PART", 2)
    for number in range(5):
        moment.forward(seconds=1)
        say(engine_blog, ANN, body=f"Number {number}.")
    mine = f"/yours/{yours_key(person_of(ANN))}"
    parts, files = all_parts(engine_blog, mine)
    for number in range(5):
        assert [f"Number {number}." in part for part in parts] == [number // 2 == at for at in range(3)]
    assert [[one["body"] for one in file["comments"]] for file in files] == [
        ["Number 0.", "Number 1."],
        ["Number 2.", "Number 3."],
        ["Number 4."],
    ]
    for after in ("0", "x", "-1", "1" * 50, "²", "a.b.c", '"><b>'):
        assert engine_blog.get(f"{mine}?after={quote(after)}").status == 404


def all_parts(blog: Blog, mine: str) -> tuple[list[str], list[Any]]:
    """Every page, and its file; the files lead from one to the next as the pages do."""
    pages, files = [], []
    target, file = mine, f"{mine}/export"
    while target:
        shown = blog.get(target).text
        pages.append(shown)
        addresses = page.addresses(shown)
        assert file in addresses
        files.append(blog.get(file).json)
        target = next((a for a in addresses if a.startswith(f"{mine}?after=") and a != target), "")
        file = (files[-1]["next"] or "").removeprefix(HOST)
        assert bool(file) == bool(target)
    return pages, files


def test_many_long_replies_stay_below_what_a_function_may_answer(
    engine_blog: Blog, office: Office, moment: Moment
) -> None:
    texts = {f"{number:03d} " + '"&ü' * 8_000 for number in range(60)}
    for text in sorted(texts):
        moment.forward(seconds=1)
        full_id = say(engine_blog, ANN, body=text[:3], wants_mail=False, status="pending")

        def long(before: Comment, text: str = text) -> Comment:
            html = f"<p>{escape(text)}</p>"
            return replace(before, source=text, original=text, html=html, version=before.version + 1)

        change_comment(full_id, long)
    pages, files = all_parts(engine_blog, f"/yours/{yours_key(person_of(ANN))}")
    for sent in (*pages, *map(json.dumps, files)):
        # As it goes to the gateway: a string in JSON.
        assert len(json.dumps(sent).encode()) < 6_000_000
    assert {one["body"] for file in files for one in file["comments"]} == texts
    assert len(pages) > 2


def test_the_link_opens_for_a_day(blog: Blog, office: Office, moment: Moment) -> None:
    say(blog, ANN)
    mine = link(blog, office, moment)
    moment.forward(hours=23)
    assert blog.get(mine).status == 200
    moment.forward(hours=2)
    for got in (
        blog.get(mine),
        blog.get(f"{mine}/export"),
        blog.get(f"{mine}/erase"),
        blog.form(f"{mine}/erase"),
    ):
        assert got.status == 410
        assert "too old" in got.text
    moment.forward(minutes=1)
    tick()
    assert len(kept(blog, "said#")) == 1


def test_pages_show_payloads_as_text(engine_blog: Blog, office: Office) -> None:
    mine = f"/yours/{yours_key(person_of(ANN))}"
    say(engine_blog, ANN, body="Plain.", status="pending")
    for number, name in enumerate(accepted(COMMENT_FIELDS, "name")[::60]):
        say(engine_blog, ANN, name=name, body=f"Number {number}", status="pending")
        assert_harmless(engine_blog.form("/yours", email=name).text)
    assert_harmless(engine_blog.get(mine).text)
    assert {item["body"] for item in engine_blog.get(f"{mine}/export").json["comments"]} >= {"Plain."}


def test_a_claim_that_is_damaged_is_waited_for(engine_blog: Blog, office: Office, moment: Moment) -> None:
    table.write(Put({"pk": f"ASKED#{person_of(ANN)}", "sk": "-"}))
    assert tell_readers(say(engine_blog, ANN)) == moment.now + timedelta(hours=1)
    assert office.all() == []


# --- erasing ---------------------------------------------------------------------------------


def test_erasing_asks_first_and_then_leaves_nothing(blog: Blog, office: Office, moment: Moment) -> None:
    said = [
        say(
            blog,
            ANN,
            name="Annabel",
            body=f"Secretword {at}",
            website="secretsite.example",
            visitor=f"v{at}",
            status=status,
        )
        for at, status in enumerate(["approved", "approved", "pending", "spam", "deleted"])
    ]
    say(blog, BO, visitor="other", name="Bo", body="To the first.", parent=said[0])
    confirmed(ANN, "v1")
    mine = link(blog, office, moment)
    asked = blog.get(f"{mine}/erase")
    assert "deleted for good" in asked.text
    tick()
    assert "Secretword" in blog.get("/posts/open").text
    done = blog.form(f"{mine}/erase")
    assert (done.status, done.headers["location"]) == (303, mine)
    assert "5 replies are left" in blog.get(mine).text
    moment.forward(minutes=1)
    tick()
    assert "Nothing written" in blog.get(mine).text
    shown = page.replies(blog.get("/posts/open").text)
    assert [reply.gone for reply in shown] == [True, False]
    for word in (ANN, "Annabel", "Secretword", "secretsite", "said#" + said[0].partition(".")[2]):
        assert kept(blog, word) == []
    assert kept(blog, f"'E#{person_of(ANN)}") == []
    assert [got.subject for got in office.all(ANN)] == ["[Letters] What you wrote here"]
    for full_id in said:
        assert require_comment(full_id).is_erased
        assert kept(blog, f"'FROM#{full_id}") == []


def test_many_are_erased_in_one_run(engine_blog: Blog, office: Office, moment: Moment) -> None:
    said = [say(engine_blog, ANN, body=f"Number {number}.", status="pending") for number in range(60)]
    engine_blog.form(f"{link(engine_blog, office, moment)}/erase")
    moment.forward(minutes=1)
    tick()
    assert all(require_comment(full_id).is_erased for full_id in said)
    assert kept(engine_blog, "'erase#") == kept(engine_blog, "JOB#erase") == []


def test_a_run_that_lasts_too_long_goes_on_in_the_next(
    engine_blog: Blog, office: Office, moment: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yours, "ERASES_SECONDS", 0)
    said = [say(engine_blog, ANN, body=f"Number {number}.", status="pending") for number in range(30)]
    mine = link(engine_blog, office, moment)
    engine_blog.form(f"{mine}/erase")
    moment.forward(minutes=1)
    tick()
    assert "5 replies are left" in engine_blog.get(mine).text
    tick()
    assert "Nothing written" in engine_blog.get(mine).text
    assert all(require_comment(full_id).is_erased for full_id in said)


@pytest.mark.parametrize("fault", [die_before, die_after])
def test_erasing_goes_on_where_it_was_cut_off(
    engine_blog: Blog, office: Office, moment: Moment, faults: Faults, fault: Any
) -> None:
    """The job dies at its first call, its second, and so on; the next tick ends what is left."""
    mine = f"/yours/{yours_key(person_of(ANN))}"
    for number in range(60):
        said = [say(engine_blog, ANN, body=f"Try {number}, {at}") for at in range(2)]
        engine_blog.form(f"{mine}/erase")
        moment.forward(minutes=2)
        faults.clear()
        faults.on("*", fault(), skip=number)
        try:
            tick()
            survived = not faults_left(faults)
        except Died:
            survived = False
        faults.clear()
        moment.forward(minutes=2)
        tick()
        tick()
        assert all(require_comment(full_id).is_erased for full_id in said)
        assert kept(engine_blog, "'said#") == kept(engine_blog, "'erase#") == kept(engine_blog, ANN) == []
        assert kept(engine_blog, "JOB#erase") == []
        mine = f"/yours/{yours_key(person_of(ANN))}"
        if survived:
            assert number > 8
            return
    raise AssertionError("more calls than that")


def faults_left(faults: Faults) -> bool:
    """Whether the fault that was put there has come."""
    return all(rule.times == 0 for rule in faults._rules)


def test_what_is_written_by_others_meanwhile_stays(engine_blog: Blog, office: Office) -> None:
    full_id = say(engine_blog, ANN, body="Hers.")
    other = say(engine_blog, BO, visitor="other", body="His.")
    person, (post_id, comment_id) = person_of(ANN), other.split(".")
    # Rows that name what is not hers, what is not there, and nothing at all.
    for name in (f"{comment_id}.{post_id}", f"0000000000000.{post_id}", "nonsense", "a.b.c"):
        table.write(Put({"pk": f"E#{person}", "sk": f"said#{name}"}))
    assert engine_blog.get(f"/yours/{yours_key(person)}").status == 200
    yours.request_erasure(person)
    assert yours.erase(person) is None
    assert require_comment(full_id).is_erased
    assert require_comment(other).source == "His."
    assert kept(engine_blog, f"'E#{person}") == []


def test_nothing_is_erased_that_nobody_asked_to_have_erased(engine_blog: Blog, office: Office) -> None:
    full_id = say(engine_blog, ANN)
    assert yours.erase(person_of(ANN)) is None
    assert not require_comment(full_id).is_erased


def test_erasing_twice_at_once_counts_once(engine_blog: Blog, office: Office) -> None:
    for number in range(5):
        say(engine_blog, ANN, body=f"Number {number}.")
    say(engine_blog, BO, visitor="other")
    yours.request_erasure(person_of(ANN))
    at_once([lambda: yours.erase(person_of(ANN))] * 3)
    assert "1 reply" in engine_blog.get("/posts/open").text
