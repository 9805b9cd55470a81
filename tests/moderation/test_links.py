"""Links in mail: they ask first, act once, and say what became of the comment."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.comments.own import edit_own, private_key
from chalicelib.core import signing, table
from chalicelib.moderation.links import IN_MAIL, PURPOSE, act_links
from chalicelib.moderation.model import STATUS_OF
from tests import page
from tests.blog import Blog
from tests.comments.threads import contradictions
from tests.conftest import Moment
from tests.faults import Faults, at_once
from tests.journeys.test_crashes import FAULTS, deaths
from tests.moderation.desks import log, mark_visitor, record

DONE = {
    "approve": "Approved. It is public now.",
    "spam": "Taken as spam. Nobody sees it now.",
    "delete": "Deleted. Nobody sees it now.",
}


def waiting(blog: Blog, body: str = "To be read", **fields: str) -> str:
    return blog.reply("open", body, approve=False, **fields)


def links(one: str) -> dict[str, str]:
    return act_links(record(one))


@pytest.mark.parametrize("act", IN_MAIL)
def test_a_link_asks_before_it_acts_and_acts_once(blog: Blog, act: str) -> None:
    blog.post("Open", "Words")
    one = waiting(blog, name="Ann <b>")
    link = links(one)[act]
    for method in ("GET", "HEAD", "GET"):
        got = blog.send(method, link, headers={"Accept": "text/html"})
        assert got.status == 200
        assert got.headers["cache-control"] == "no-store"
        assert got.headers["referrer-policy"] == "no-referrer"
        assert record(one).version == 1
    got = blog.get(link)
    assert 'name="robots" content="noindex"' in got.text
    told = page.words(page.parse(got.text).find(".//main"))
    assert all(part in told for part in ("To be read", "Ann <b>", "Open", "The comment is held."))
    buttons = list(page.parse(got.text).iter("button"))
    assert len(buttons) == 1
    done = blog.form(link)
    assert (done.status, done.headers["location"]) == (303, link)
    assert record(one).status == STATUS_OF[act]
    after = blog.get(link)
    assert after.status == 200
    assert DONE[act] in after.text
    assert "To be read" not in after.text
    assert [button.get("name") for button in page.parse(after.text).iter("button")] == ["undo"]
    again = blog.form(link)
    assert (again.status, DONE[act] in again.text) == (409, True)
    (entry,) = log(blog)
    assert entry["who"] == {"name": "link in a mail", "token": None}
    assert entry["act"] == act
    assert contradictions("open") == []


@pytest.mark.parametrize("act", IN_MAIL)
def test_what_a_link_did_is_undone_by_it_once(engine_blog: Blog, act: str) -> None:
    engine_blog.post("Open")
    one = waiting(engine_blog)
    link = links(one)[act]
    assert engine_blog.form(link, undo="1").status == 409
    engine_blog.form(link)
    assert engine_blog.form(link, undo="1").status == 303
    assert record(one).status == "pending"
    got = engine_blog.form(link, undo="1")
    assert (got.status, "changed since" in got.text, "The comment is held." in got.text) == (409, True, True)
    assert not list(page.parse(got.text).iter("button"))
    assert [entry["act"] for entry in log(engine_blog)] == ["hold", act]


@pytest.mark.parametrize("act", ["spam", "delete"])
def test_a_writer_who_changes_it_all_the_time_cannot_keep_it(engine_blog: Blog, act: str) -> None:
    """A link that takes out is for whatever stands; one that publishes, for what the mail has shown."""
    engine_blog.post("Open")
    one = waiting(engine_blog)
    of, key = links(one), private_key(record(one))
    for number in range(3):
        edit_own(key, {"body": f"Changed {number}, and not to be seen"}, "203.0.113.0/24")
    got = engine_blog.get(of["approve"])
    assert ("changed since this link was sent" in got.text, "Changed 2" in got.text) == (True, False)
    assert engine_blog.form(of["approve"]).status == 409
    assert "Changed 2" in engine_blog.get(of[act]).text
    assert engine_blog.form(of[act]).status == 303
    assert record(one).status == STATUS_OF[act]


@pytest.mark.parametrize("act", IN_MAIL)
def test_what_is_so_already_is_said(engine_blog: Blog, act: str) -> None:
    engine_blog.post("Open")
    one = waiting(engine_blog)
    link = links(one)[act]
    engine_blog.api("PATCH", f"/api/comments/{one}", status=STATUS_OF[act])
    for got in (engine_blog.get(link), engine_blog.form(link)):
        assert "This was decided already" in got.text
        assert "To be read" not in got.text
    assert len(log(engine_blog)) == 1


def test_one_act_ends_the_other_links(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    one = waiting(engine_blog)
    of = links(one)
    engine_blog.form(of["approve"])
    for act in ("spam", "delete"):
        got = engine_blog.form(of[act])
        assert got.status == 409
        assert "This was decided already: Approved." in got.text
        assert "The comment is public." in got.text
        assert "To be read" not in got.text
    assert record(one).status == "approved"


def test_a_used_link_stays_used_when_its_act_is_undone(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    one = waiting(engine_blog)
    link = links(one)["spam"]
    engine_blog.form(link)
    engine_blog.api("POST", "/api/moderation/undo", batch=log(engine_blog)[0]["batch"])
    got = engine_blog.form(link)
    assert (got.status, "This link was used" in got.text, "The comment is held." in got.text) == (
        409,
        True,
        True,
    )
    assert record(one).status == "pending"


def test_a_link_is_good_for_thirty_days(engine_blog: Blog, moment: Moment) -> None:
    engine_blog.post("Open")
    first, second = waiting(engine_blog), waiting(engine_blog, "Another")
    of = links(first), links(second)
    moment.forward(days=30, seconds=-1)
    assert engine_blog.form(of[0]["approve"]).status == 303
    moment.forward(seconds=1)
    for got in (engine_blog.get(of[1]["approve"]), engine_blog.form(of[1]["approve"])):
        assert got.status == 410
        assert "older than thirty days" in got.text
        assert "The comment is held." in got.text
        assert "Another" not in got.text
    assert record(second).status == "pending"


@pytest.mark.parametrize("forgery", ["x", "x.y", "%00", "%ED%A0%BD", "Zm9v.AAAA", "a" * 3000])
def test_a_forged_link_does_nothing(engine_blog: Blog, forgery: str) -> None:
    for method in ("GET", "POST"):
        got = engine_blog.send(method, f"/moderate/act/{forgery}", headers={"Accept": "text/html"})
        assert got.status == 404
        assert "incomplete, or not from this blog" in got.text


def test_what_was_signed_for_another_purpose_or_changed_does_nothing(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    one = waiting(engine_blog)
    key = links(one)["spam"].rpartition("/")[2]
    other = signing.seal("reply", signing.unseal(PURPOSE, key))
    tampered = signing.seal("x", signing.unseal(PURPOSE, key).replace("spam", "approve")).partition(".")[0]
    for forged in (other, f"{tampered}.{key.partition('.')[2]}", key[:-1], key + "A"):
        assert engine_blog.form(f"/moderate/act/{forged}").status == 404
    assert record(one).version == 1


def test_a_link_pressed_at_once_acts_once(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    for number in range(4):
        one = waiting(engine_blog, f"Words {number}")
        link = links(one)["approve"]
        got = at_once([lambda: engine_blog.form(link).status for _ in range(4)])
        assert set(got) <= {303, 409}
        assert 303 in got
        assert record(one).version == 2
        assert len([entry for entry in log(engine_blog) if entry["about"] == one]) == 1
    assert contradictions("open") == []


def test_different_links_pressed_at_once_leave_one_state(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    for number in range(4):
        one = waiting(engine_blog, f"Words {number}")
        of = links(one)
        got = at_once([lambda act=act: engine_blog.form(of[act]).status for act in IN_MAIL])
        assert sorted(got) == [303, 409, 409]
        (entry,) = [entry for entry in log(engine_blog) if entry["about"] == one]
        assert record(one).status == entry["after"]["status"]
    assert contradictions("open") == []


@FAULTS
def test_a_link_that_died_on_its_way_acts_whole_or_not_at_all(
    engine_blog: Blog, faults: Faults, fault: Any
) -> None:
    engine_blog.post("Open")
    made = [waiting(engine_blog, f"Words {number}") for number in range(20)]
    for one in made:
        mark_visitor(one, f"v{one}")
    of = [links(one)["approve"] for one in made]
    for number in deaths(faults, fault, lambda number: engine_blog.form(of[number])):
        one = made[number]
        assert contradictions("open") == []
        assert consistent(engine_blog, one)
        got = engine_blog.form(of[number])
        assert got.status in (303, 409)
        assert record(one).status == "approved"
        assert record(one).version == 2
        assert consistent(engine_blog, one)


@FAULTS
def test_a_decision_that_died_is_in_the_log_if_and_only_if_it_was_taken(
    engine_blog: Blog, faults: Faults, fault: Any
) -> None:
    engine_blog.post("Open")
    made = [[waiting(engine_blog, f"Words {number} {n}") for n in range(2)] for number in range(30)]
    for pair in made:
        for one in pair:
            mark_visitor(one, f"v{one}")

    def decide(number: int) -> Any:
        return engine_blog.api("POST", "/api/comments/decide", ids=made[number], act="approve")

    for number in deaths(faults, fault, decide):
        assert all(consistent(engine_blog, one) for one in made[number])
        assert contradictions("open") == []
        decide(number)
        assert [record(one).status for one in made[number]] == ["approved"] * 2
        assert all(consistent(engine_blog, one) for one in made[number])
        assert contradictions("open") == []


def consistent(blog: Blog, one: str) -> bool:
    """Whether the record, the log and who is trusted say the same."""
    known = record(one)
    told = [entry for entry in log(blog) if entry["about"] == one]
    trusted = table.get((f"TRUST#{known.visitor}", "-")) is not None
    approved = known.status == "approved"
    return len(told) == known.version - 1 and trusted == approved
