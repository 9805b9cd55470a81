"""Every act, its line in the log, and how it is undone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.comments import store as comment_store
from chalicelib.comments.bans import list_bans
from chalicelib.comments.model import Comment
from chalicelib.comments.screening import trusted_since
from chalicelib.comments.texts import MOST_TEXTS
from chalicelib.core import clock, table
from chalicelib.core.problems import Conflict
from chalicelib.core.requests import Principal
from chalicelib.core.table import Put
from chalicelib.moderation import actions, store
from chalicelib.moderation.model import ACTS, OF_POSTS
from tests import page
from tests.blog import Blog, Got
from tests.comments.threads import contradictions
from tests.conftest import Moment
from tests.faults import Faults, at_once, error, lost_reply
from tests.moderation.desks import ME, came_from, log, mark_visitor, record


def reply(blog: Blog, *, approve: bool = False, **fields: Any) -> str:
    """Under a post called `open`, from a known network, by somebody with an address and a site."""
    fields = {"email": "ann@example.org", "website": "https://www.ann.example/a", **fields}
    full_id = blog.reply("open", fields.pop("body", "Words"), approve=approve, **fields)
    came_from(full_id, "n")
    return full_id


def patch(**fields: Any) -> Callable[[Blog, str], Got]:
    return lambda blog, one: blog.api("PATCH", f"/api/comments/{one}", why="so", **fields)


def decide(act: str, **fields: Any) -> Callable[[Blog, str], Got]:
    return lambda blog, one: blog.api("POST", "/api/comments/decide", ids=[one], act=act, why="so", **fields)


def ban(kind: str) -> Callable[[Blog, str], Got]:
    return lambda blog, one: blog.api("POST", "/api/moderation/bans", comment=one, kind=kind, why="so")


def lift(blog: Blog, one: str) -> Got:
    blog.api("POST", "/api/moderation/bans", comment=one, kind="site")
    (found,) = blog.api("GET", "/api/moderation/bans").json["items"]
    return blog.api("DELETE", f"/api/moderation/bans/{found['id']}")


def conversation(*flags: bool) -> Callable[[Blog, str], Got]:
    def act(blog: Blog, one: str) -> Got:
        return [
            blog.api("PATCH", f"/api/posts/{one.partition('.')[0]}", comments_open=flag) for flag in flags
        ][-1]

    return act


def closing_time(*steps: str | None) -> Callable[[Blog, str], Got]:
    """The author sets when the conversation closes, once for each step."""

    def act(blog: Blog, one: str) -> Got:
        target = f"/api/posts/{one.partition('.')[0]}"
        return [blog.api("PATCH", target, comments_close_at=step) for step in steps][-1]

    return act


# {name: (whether the comment is approved before, the act, what the log calls it)}
DEEDS: dict[str, tuple[bool, Callable[[Blog, str], Got], str]] = {
    "approve": (False, patch(status="approved"), "approve"),
    "hold": (True, patch(status="pending"), "hold"),
    "spam": (True, patch(status="spam"), "spam"),
    "delete": (False, patch(status="deleted"), "delete"),
    "edit": (True, patch(body="*Other*", name="Bo"), "edit"),
    "edit the site": (False, patch(website=""), "edit"),
    "stick": (True, patch(is_sticky=True), "stick"),
    "unstick": (
        True,
        lambda blog, one: (patch(is_sticky=True)(blog, one), patch(is_sticky=False)(blog, one))[1],
        "unstick",
    ),
    "hide": (True, patch(is_hidden=True), "hide"),
    "show": (
        True,
        lambda blog, one: (patch(is_hidden=True)(blog, one), patch(is_hidden=False)(blog, one))[1],
        "show",
    ),
    "ban email": (False, ban("email"), "ban"),
    "ban site": (False, ban("site"), "ban"),
    "ban network": (False, decide("ban", kind="network"), "ban"),
    "lift": (False, lift, "lift"),
    "close": (True, conversation(False), "close"),
    "open": (True, conversation(False, True), "open"),
    "closing": (True, closing_time("2099-01-01T00:00:00Z"), "closing"),
    "closed by a time": (True, closing_time("2020-01-01T00:00:00Z"), "close"),
    "opened after its time": (True, closing_time("2020-01-01T00:00:00Z", None), "open"),
    **{
        f"decide {act}": (act != "approve", decide(act), act)
        for act in ("approve", "hold", "spam", "delete", "stick", "hide")
    },
}


def state(blog: Blog, one: str) -> dict[str, Any]:
    """What acts are about, and what readers see of it."""
    known = record(one)
    return {
        "comment": [
            getattr(known, name)
            for name in ("status", "name", "website", "source", "html", "is_sticky", "is_hidden", "edited_by")
        ],
        "bans": [(each.id, each.until) for each in list_bans()],
        "page": page.words(page.parse(blog.get("/posts/open").text).find(".//main")),
        "rows": list(comment_store.rows_from("open", comment_store.ROW, 10).items),
        "sticky": store.sticky_of("open"),
    }


def test_every_act_is_tried() -> None:
    assert {act for _, _, act in DEEDS.values()} == set(ACTS)


@pytest.mark.parametrize("name", DEEDS)
def test_an_act_is_logged_undone_and_done_again(engine_blog: Blog, name: str) -> None:
    approve, deed, act = DEEDS[name]
    engine_blog.post("Open")
    one = reply(engine_blog, approve=approve)
    others = len(log(engine_blog))
    got = deed(engine_blog, one)
    assert got.status in (200, 201, 204), got.text
    after = state(engine_blog, one)
    entries = log(engine_blog)
    first = entries[0]
    assert first["act"] == act
    assert first["who"]["name"] == "the tests"
    assert len(first["who"]["token"]) == 16
    assert first["about"] in (one, one.partition(".")[0])
    assert first["before"] != first["after"]
    if act not in ("lift", *OF_POSTS):
        assert first["why"] == "so"
    assert "ann@example.org" not in str(entries)
    assert "Words" not in str(entries)
    assert len(entries) - others in (1, 2)
    undone = engine_blog.api("POST", "/api/moderation/undo", batch=first["batch"])
    assert [result["outcome"] for result in undone.json["results"]] == ["done"]
    before = state(engine_blog, one)
    assert before != after
    entry = log(engine_blog)[0]
    assert entry["undoes"] == first["batch"]
    again = engine_blog.api("POST", "/api/moderation/undo", batch=undone.json["batch"])
    assert [result["outcome"] for result in again.json["results"]] == ["done"]
    assert state(engine_blog, one) == after
    assert contradictions("open") == []


def test_what_is_done_together_is_undone_together(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    one = reply(engine_blog)
    before = state(engine_blog, one)
    got = engine_blog.api(
        "PATCH", f"/api/comments/{one}", status="approved", body="Other", is_sticky=True, is_hidden=True
    )
    assert (got.status, got.json["version"]) == (200, 2)
    entries = log(engine_blog)
    assert sorted(entry["act"] for entry in entries) == ["approve", "edit", "hide", "stick"]
    assert len({entry["batch"] for entry in entries}) == 1
    assert got.json["original"] == {"name": "Ann", "website": "https://www.ann.example/a", "body": "Words"}
    undone = engine_blog.api("POST", "/api/moderation/undo", batch=entries[0]["batch"]).json
    assert [(result["outcome"], result["version"]) for result in undone["results"]] == [("done", 3)]
    now = state(engine_blog, one)
    assert now["comment"] == before["comment"]
    assert now["page"] == before["page"]
    assert engine_blog.api("GET", f"/api/comments/{one}").json["original"] is None


def test_what_was_changed_since_is_not_undone(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    ids = [reply(engine_blog, body=f"Words {n}") for n in range(3)]
    batch = engine_blog.api("POST", "/api/comments/decide", ids=ids, act="spam").json["batch"]
    engine_blog.api("PATCH", f"/api/comments/{ids[1]}", status="approved")
    got = engine_blog.api("POST", "/api/moderation/undo", batch=batch).json
    assert [result["outcome"] for result in got["results"]] == ["done", "conflict", "done"]
    assert "changed since" in got["results"][1]["detail"]
    assert [record(one).status for one in ids] == ["pending", "approved", "pending"]
    assert [
        result["outcome"]
        for result in engine_blog.api("POST", "/api/moderation/undo", batch=batch).json["results"]
    ] == ["conflict"] * 3


def test_an_old_edit_is_kept_as_long_as_there_is_room(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    one = reply(engine_blog)
    for number in range(MOST_TEXTS + 3):
        engine_blog.api("PATCH", f"/api/comments/{one}", body=f"Text {number}")
    assert engine_blog.api("GET", f"/api/comments/{one}").json["original"]["body"] == "Words"
    for entry in log(engine_blog)[:3]:
        engine_blog.api("POST", "/api/moderation/undo", batch=entry["batch"])
    # The first undo changes the comment, so those before it find it changed.
    assert record(one).source == f"Text {MOST_TEXTS + 1}"


def test_an_original_of_plain_text_is_read(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    one = reply(engine_blog)
    post_id, _, comment_id = one.partition(".")
    key = comment_store.record_key(post_id, comment_id)
    for kept in ("As written", "[1, 2]", '{"a": 1}', '[["x"]]'):
        table.write(table.Update(key, put={"original": kept, "edited_by": "author"}))
        assert engine_blog.api("GET", f"/api/comments/{one}").json["original"]["body"] == kept
        assert engine_blog.api("PATCH", f"/api/comments/{one}", body=f"Not {kept}").status == 200


@pytest.mark.parametrize("batch", ["", "x", "0000000000000", "zzzzzzzzzzzzz", "AUDIT#2026-11"])
def test_an_unknown_batch_is_not_found(engine_blog: Blog, batch: str) -> None:
    assert engine_blog.api("POST", "/api/moderation/undo", batch=batch).status in (404, 413, 422)


def test_an_erased_comment_stays_erased(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    one = reply(engine_blog, approve=True)
    before = record(one)
    erased = before.erased(clock.now())
    table.transact(comment_store.change(before, erased, is_listed=True)(0))
    for fields in ({"status": "approved"}, {"body": "x", "name": "y"}, {"is_sticky": True}):
        assert engine_blog.api("PATCH", f"/api/comments/{one}", **fields).status == 409
    batch = log(engine_blog)[0]["batch"]
    assert (
        engine_blog.api("POST", "/api/moderation/undo", batch=batch).json["results"][0]["outcome"]
        == "conflict"
    )
    assert record(one) == erased


# --- many ------------------------------------------------------------------------------------


def test_a_hundred_are_decided_and_one_that_is_missing_is_said(engine_blog: Blog) -> None:
    from tests.comments.threads import grow

    engine_blog.post("Open")
    made = grow("open", [None] * 99)
    ids = [one.full_id for one in made]
    ids.insert(40, "0000000000000.0000000000000")
    got = engine_blog.api("POST", "/api/comments/decide", ids=ids, act="spam").json
    assert [result["id"] for result in got["results"]] == ids
    outcomes = [result["outcome"] for result in got["results"]]
    assert outcomes == ["done"] * 40 + ["not_found"] + ["done"] * 59
    assert contradictions("open") == []
    assert len(log(engine_blog)) == 99
    again = engine_blog.api("POST", "/api/comments/decide", ids=ids, act="spam").json
    assert again["batch"] is None
    assert {result["outcome"] for result in again["results"]} == {"unchanged", "not_found"}
    undone = engine_blog.api("POST", "/api/moderation/undo", batch=got["batch"]).json
    assert {result["outcome"] for result in undone["results"]} == {"done"}
    assert contradictions("open") == []
    assert {record(one.full_id).status for one in made} == {"approved"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"act": "spam"},
        {"ids": ["x"]},
        {"ids": ["x"], "network_of": "x", "act": "spam"},
        {"ids": [], "act": "spam"},
        {"ids": [7], "act": "spam"},
        {"ids": [{"id": "x"}], "act": "spam"},
        {"ids": [{"id": "x", "version": 0}], "act": "spam"},
        {"ids": [{"id": "x", "version": 1, "status": "spam"}], "act": "spam"},
        {"ids": ["x"] * 101, "act": "spam"},
        {"ids": ["x"], "act": "burn"},
        {"ids": ["x"], "act": "edit"},
        {"ids": ["x"], "act": "ban"},
        {"ids": ["x"], "act": "spam", "kind": "email"},
        {"ids": ["x"], "act": "ban", "kind": "email", "days": -1},
        {"ids": ["x"], "act": "spam", "why": "é" * 151},
        {"ids": [1], "act": "spam"},
        {"ids": "x", "act": "spam"},
    ],
)
def test_a_wrong_order_is_refused(engine_blog: Blog, wrong: dict[str, Any]) -> None:
    assert engine_blog.api("POST", "/api/comments/decide", **wrong).status in (413, 422)


def test_all_from_one_network_that_are_where_one_is(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    ids = [reply(engine_blog, body=f"Words {n}") for n in range(4)]
    other = engine_blog.reply("open", "From elsewhere", approve=False)
    engine_blog.api("PATCH", f"/api/comments/{ids[0]}", status="approved")
    listed = engine_blog.api("GET", f"/api/comments?network_of={ids[1]}").json["items"]
    assert {item["id"] for item in listed} == set(ids[1:])
    assert all(item["has_network"] for item in listed)
    got = engine_blog.api("POST", "/api/comments/decide", network_of=ids[1], act="delete").json
    assert {result["id"] for result in got["results"]} == set(ids[1:])
    assert [record(one).status for one in [*ids, other]] == ["approved", *["deleted"] * 3, "pending"]
    assert engine_blog.api("GET", "/api/comments?network_of=x").status == 404
    assert engine_blog.api("GET", f"/api/comments?network_of={ids[1]}&status=spam").status == 400


def test_a_network_is_forgotten_in_time(engine_blog: Blog, moment: Moment) -> None:
    engine_blog.post("Open")
    ids = [reply(engine_blog, body=f"Words {n}") for n in range(2)]
    moment.forward(days=14)
    assert [
        item["id"] for item in engine_blog.api("GET", f"/api/comments?network_of={ids[0]}").json["items"]
    ] == ids[:1]
    got = engine_blog.api("POST", "/api/moderation/bans", comment=ids[0], kind="network")
    assert (got.status, "forgotten" in got.json["detail"]) == (422, True)


def test_where_storage_ends_in_the_middle_what_was_done_is_told(engine_blog: Blog, faults: Faults) -> None:
    engine_blog.post("Open")
    ids = [reply(engine_blog, body=f"Words {n}") for n in range(3)]
    faults.on("TransactWriteItems", error("InternalServerError", 500), times=99, skip=1)
    got = engine_blog.api("POST", "/api/comments/decide", ids=ids, act="spam")
    assert [result["outcome"] for result in got.json["results"]] == ["done", "failed", "failed"]
    faults.clear()
    faults.on("TransactWriteItems", error("InternalServerError", 500), times=99)
    assert engine_blog.api("POST", "/api/comments/decide", ids=ids[1:], act="spam").status == 503
    assert [record(one).status for one in ids] == ["spam", "pending", "pending"]


# --- sticky ----------------------------------------------------------------------------------


def test_no_more_are_sticky_than_there_is_room_for(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    ids = [reply(engine_blog, approve=True, body=f"Words {n}") for n in range(5)]
    got = engine_blog.api("POST", "/api/comments/decide", ids=ids, act="stick").json
    assert [result["outcome"] for result in got["results"]] == ["done"] * 3 + ["conflict"] * 2
    assert "3 comments are sticky" in got["results"][3]["detail"]
    assert len(store.sticky_of("open")) == 3
    # One that comes back finds its place taken.
    engine_blog.api("PATCH", f"/api/comments/{ids[0]}", status="spam")
    assert engine_blog.api("PATCH", f"/api/comments/{ids[3]}", is_sticky=True).status == 200
    back = engine_blog.api("PATCH", f"/api/comments/{ids[0]}", status="approved")
    assert (back.status, back.json["is_sticky"]) == (200, False)
    assert len(store.sticky_of("open")) == 3
    assert engine_blog.api("PATCH", f"/api/comments/{ids[4]}", is_sticky=True).status == 409


def test_what_nobody_sees_is_not_sticky(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    one = reply(engine_blog)
    assert engine_blog.api("PATCH", f"/api/comments/{one}", is_sticky=True).status == 409
    assert engine_blog.api("PATCH", f"/api/comments/{one}", is_sticky=True, status="approved").status == 200
    assert len(store.sticky_of("open")) == 1


# --- trust -----------------------------------------------------------------------------------


def trusted(visitor: str) -> bool:
    return bool(trusted_since(visitor))


def of_one_browser(blog: Blog, count: int) -> list[str]:
    """Replies that wait, all by the visitor `v`."""
    blog.post("Open")
    ids = [reply(blog, body=f"Words {n}") for n in range(count)]
    for one in ids:
        mark_visitor(one, "v")
    return ids


def acted(blog: Blog, act: str, *ids: str) -> str:
    """The batch."""
    return str(blog.api("POST", "/api/comments/decide", ids=ids, act=act).json["batch"])


def undone(blog: Blog, batch: str) -> str:
    return str(blog.api("POST", "/api/moderation/undo", batch=batch).json["batch"])


def test_who_was_approved_is_trusted_until_something_is_spam(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    ids = [reply(engine_blog, body=f"Words {n}") for n in range(3)]
    for one in ids:
        mark_visitor(one, "v")
    batch = engine_blog.api("POST", "/api/comments/decide", ids=ids[:1], act="approve").json["batch"]
    assert trusted("v")
    engine_blog.api("POST", "/api/moderation/undo", batch=batch)
    assert not trusted("v")
    engine_blog.api("POST", "/api/comments/decide", ids=ids[:1], act="approve")
    engine_blog.api("POST", "/api/comments/decide", ids=ids[1:2], act="delete")
    assert trusted("v")
    engine_blog.api("POST", "/api/comments/decide", ids=ids[2:], act="spam")
    assert not trusted("v")
    assert not [i for i in engine_blog.everything() if i["pk"]["S"] == "TRUST#"]


@pytest.mark.parametrize("act", ["approve", "spam"])
def test_undoing_leaves_the_trust_that_was_before(engine_blog: Blog, moment: Moment, act: str) -> None:
    first, second = of_one_browser(engine_blog, 2)
    acted(engine_blog, "approve", first)
    since = trusted_since("v")
    assert since
    moment.forward(hours=1)
    batch = acted(engine_blog, act, second)
    assert trusted_since("v") == (moment.ahead() if act == "approve" else "")
    moment.forward(hours=1)
    again = undone(engine_blog, batch)
    assert (record(second).status, trusted_since("v")) == ("pending", since)
    undone(engine_blog, again)
    assert trusted("v") == (act == "approve")


def test_undoing_leaves_the_trust_that_came_later(engine_blog: Blog, moment: Moment) -> None:
    first, second = of_one_browser(engine_blog, 2)
    batch = acted(engine_blog, "approve", first)
    moment.forward(hours=1)
    acted(engine_blog, "approve", second)
    undone(engine_blog, batch)
    assert trusted("v")


def test_what_was_approved_together_is_trusted_no_more_where_that_is_undone(
    engine_blog: Blog, monkeypatch: pytest.MonkeyPatch, moment: Moment
) -> None:
    ids = of_one_browser(engine_blog, 3)
    # Each of them in a second of its own.
    monkeypatch.setattr(clock, "precisely", lambda: (moment.forward(seconds=1), moment.now)[1])
    batch = acted(engine_blog, "approve", *ids)
    undone(engine_blog, batch)
    assert not trusted("v")


def test_undoing_trusts_nobody_who_was_not(engine_blog: Blog) -> None:
    engine_blog.api("PATCH", "/api/settings", comments_hold="none", comments_form_seconds=0)
    engine_blog.post("Open")
    one = reply(engine_blog)
    mark_visitor(one, "v")
    assert record(one).status == "approved"
    undone(engine_blog, acted(engine_blog, "spam", one))
    assert (record(one).status, trusted("v")) == ("approved", False)


def test_trust_ends_with_the_cookie(engine_blog: Blog, moment: Moment) -> None:
    (one,) = of_one_browser(engine_blog, 1)
    acted(engine_blog, "approve", one)
    (item,) = [i for i in engine_blog.everything() if i["pk"]["S"] == "TRUST#v"]
    assert int(item["ttl"]["N"]) == int((moment.now + timedelta(days=400)).timestamp())
    moment.forward(days=399)
    assert trusted("v")
    moment.forward(days=1)
    assert not trusted("v")


# --- bans ------------------------------------------------------------------------------------


def test_a_ban_ends_when_it_was_said_to(engine_blog: Blog, moment: Moment) -> None:
    engine_blog.post("Open")
    one = reply(engine_blog)
    wanted = {"network": {}, "email": {"days": 7}, "site": {}}
    for kind, fields in wanted.items():
        got = engine_blog.api("POST", "/api/moderation/bans", comment=one, kind=kind, **fields)
        assert (got.status, got.json["outcome"]) == (201, "done")
    shown = {ban["kind"]: ban for ban in engine_blog.api("GET", "/api/moderation/bans").json["items"]}
    assert shown["network"]["until"] == moment.ahead(days=30)
    assert shown["email"]["until"] == moment.ahead(days=7)
    assert (shown["site"]["until"], shown["site"]["site"]) == (None, "ann.example")
    person = record(one).person
    assert person
    assert person not in str(shown)
    # What is kept of a ban does not lead to what was said under the address.
    banned = [item for item in engine_blog.everything() if item["pk"]["S"] in ("BANS", "AUDIT#2026-11")]
    assert len(banned) == 6
    assert person not in str(banned)
    moment.forward(days=7)
    assert {ban.kind for ban in list_bans()} == {"network", "site"}
    again = engine_blog.api("POST", "/api/moderation/bans", comment=one, kind="email")
    assert again.status == 201
    moment.forward(days=23)
    assert {ban.kind for ban in list_bans()} == {"email", "site"}


def test_a_ban_that_lasts_as_long_stands(engine_blog: Blog, moment: Moment) -> None:
    engine_blog.post("Open")
    one, other = reply(engine_blog), reply(engine_blog, body="More")
    outcomes = []
    for comment, days in ((one, 5), (other, 4), (other, 6), (one, 0), (other, 3650)):
        moment.forward(hours=1)
        got = engine_blog.api("POST", "/api/moderation/bans", comment=comment, kind="email", days=days)
        outcomes.append((got.status, got.json["outcome"]))
    assert outcomes == [(201, "done"), (200, "unchanged"), (201, "done"), (201, "done"), (200, "unchanged")]
    # The longer one, undone, is the shorter one again.
    batches = [entry["batch"] for entry in log(engine_blog)]
    engine_blog.api("POST", "/api/moderation/undo", batch=batches[0])
    (ban,) = list_bans()
    assert ban.about == other
    assert [
        r["outcome"]
        for r in engine_blog.api("POST", "/api/moderation/undo", batch=batches[2]).json["results"]
    ] == ["conflict"]


@pytest.mark.parametrize(("fields", "kind"), [({"email": ""}, "email"), ({"website": ""}, "site")])
def test_nobody_is_banned_by_what_they_did_not_give(
    engine_blog: Blog, fields: dict[str, str], kind: str
) -> None:
    engine_blog.post("Open")
    one = reply(engine_blog, **fields)
    assert engine_blog.api("POST", "/api/moderation/bans", comment=one, kind=kind).status == 422
    assert log(engine_blog) == []


def test_the_author_is_not_banned(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    own = engine_blog.api("POST", "/posts/open/comments", body="Mine", website="https://me.example").json[
        "id"
    ]
    assert engine_blog.api("POST", "/api/moderation/bans", comment=own, kind="site").status == 422
    assert list_bans() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"comment": "x"},
        {"kind": "email"},
        {"comment": "x", "kind": "planet"},
        {"comment": "x", "kind": "site", "days": 3651},
    ],
)
def test_a_wrong_ban_is_refused(engine_blog: Blog, wrong: dict[str, Any]) -> None:
    assert engine_blog.api("POST", "/api/moderation/bans", **wrong).status in (400, 422)
    assert engine_blog.api("POST", "/api/moderation/bans", comment="x", kind="site").status == 404
    assert engine_blog.api("DELETE", "/api/moderation/bans/x").status == 404


def test_a_ban_whose_answer_was_lost_is_made_once(engine_blog: Blog, faults: Faults) -> None:
    from tests.faults import forgotten

    engine_blog.post("Open")
    one = reply(engine_blog)
    faults.on("TransactWriteItems", lost_reply())
    faults.on("TransactWriteItems", forgotten())
    got = engine_blog.api("POST", "/api/moderation/bans", comment=one, kind="email")
    assert (got.status, got.json["outcome"]) == (201, "done")
    assert [entry["act"] for entry in log(engine_blog)] == ["ban"]


# --- races, and the log ------------------------------------------------------------------------


def test_of_two_acts_at_once_the_log_tells_what_happened(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    for number in range(6):
        one = reply(engine_blog, body=f"Words {number}")
        at_once(
            [
                lambda s=s: engine_blog.api("PATCH", f"/api/comments/{one}", status=s)
                for s in ("approved", "deleted")
            ]
        )
        told = [entry for entry in log(engine_blog) if entry["about"] == one][::-1]
        told.sort(key=lambda entry: entry["before"]["status"] != "pending")
        followed = ["pending"]
        for entry in told:
            assert entry["before"]["status"] == followed[-1]
            followed.append(entry["after"]["status"])
        assert record(one).status == followed[-1]
        assert record(one).version == len(followed)
        assert contradictions("open") == []


def test_of_two_acts_on_what_was_read_one_is_done(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    one = reply(engine_blog)
    acts = ("approve", "spam", "delete")
    outcomes = at_once([lambda a=a: actions.decide({one: 1}, a, by=ME).results[0].outcome for a in acts])
    assert sorted(outcomes) == ["conflict", "conflict", "done"]
    (entry,) = log(engine_blog)
    assert entry["act"] == acts[outcomes.index("done")]


def test_the_log_is_read_over_months(engine_blog: Blog, moment: Moment) -> None:
    engine_blog.post("Open")
    one = reply(engine_blog)
    for number in range(6):
        engine_blog.api(
            "PATCH", f"/api/comments/{one}", status=("approved", "spam")[number % 2], why=str(number)
        )
        moment.forward(days=20 * (1 + 10 * (number == 3)))
    got, cursor = [], ""
    for _ in range(40):
        answer = engine_blog.api("GET", f"/api/moderation/log?limit=2{cursor}").json
        assert len(answer["items"]) <= 2
        got += [entry["why"] for entry in answer["items"]]
        if not answer["cursor"]:
            break
        cursor = f"&cursor={answer['cursor']}"
    assert got == ["5", "4", "3", "2", "1", "0"]


def test_a_malformed_entry_costs_its_line_alone(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    one = reply(engine_blog)
    engine_blog.api("PATCH", f"/api/comments/{one}", status="spam")
    batch = log(engine_blog)[0]["batch"]
    month = f"{clock.now():%Y-%m}"
    for number, broken in enumerate(
        ({}, {"at": 1}, {"at": "soon", "act": "spam", "about": "x"}, {"at": "2026-11-23T12:00:00Z", "act": 5})
    ):
        table.write(Put({"pk": f"AUDIT#{month}", "sk": f"{batch}.9{number}", **broken}))
    table.write(
        Put(
            {
                "pk": f"AUDIT#{month}",
                "sk": f"{batch}.99",
                "at": "2026-11-23T12:00:00Z",
                "act": "spam",
                "about": "x",
                "before": 5,
            }
        )
    )
    assert [entry["about"] for entry in log(engine_blog)] == ["x", one]


@pytest.mark.parametrize("query", ["limit=0", "cursor=x", "month=2026-11"])
def test_a_wrong_question_to_the_log_is_refused(engine_blog: Blog, query: str) -> None:
    assert engine_blog.api("GET", f"/api/moderation/log?{query}").status == 400


def test_an_act_is_by_somebody(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    one = reply(engine_blog)
    comment, batch = actions.change(
        one, {"is_hidden": True}, by=Principal("", "somebody", frozenset()), why="so"
    )
    assert isinstance(comment, Comment)
    (entry,) = store.of_batch(batch)
    assert (entry.who, entry.token_id, entry.why, entry.version) == ("somebody", "", "so", 2)


def test_a_comment_is_shown_with_what_decides(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    one = reply(engine_blog, body="See https://a.example and https://b.example")
    got = engine_blog.api("GET", f"/api/comments/{one}").json
    assert (got["links"], got["reasons"], got["has_network"]) == (2, ["links"], True)
    assert (got["is_sticky"], got["is_hidden"], got["edited_by"], got["original"]) == (
        False,
        False,
        None,
        None,
    )
    assert record(one).person not in str(got)


def test_a_conflict_is_one_sentence_for_one_comment(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    one = reply(engine_blog)
    with pytest.raises(Conflict, match="Approve it first"):
        actions.change(one, {"is_sticky": True}, by=ME)
    assert log(engine_blog) == []


# --- closing ---------------------------------------------------------------------------------


def test_a_post_may_be_published_without_a_conversation(blog: Blog) -> None:
    post = blog.post("Open", comments_open=False)
    assert post["comments_open"] is False
    assert "Replies are closed." in blog.get("/posts/open").text
    assert blog.form("/posts/open/comments", name="Ann", body="Late").status == 409
    assert blog.api("POST", "/posts/open/comments", body="Mine").status == 201
    opened = blog.api("PATCH", f"/api/posts/{post['id']}", comments_open=True).json
    assert (opened["comments_open"], opened["updated_at"]) == (True, None)
    assert blog.form("/posts/open/comments", name="Ann", body="Now").status == 303
    assert [entry["act"] for entry in log(blog)] == ["open"]


def test_a_change_of_a_post_that_closes_nothing_is_not_noted(engine_blog: Blog) -> None:
    post = engine_blog.post("Open")
    engine_blog.api("PATCH", f"/api/posts/{post['id']}", title="Other", comments_open=True)
    assert log(engine_blog) == []
