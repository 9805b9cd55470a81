"""What a post was before: kept, read, compared, brought back, and let go of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.core import clock, jobs, objects, table
from chalicelib.core.table import Put, Update
from chalicelib.posts import store, texts
from chalicelib.posts.model import Revision
from chalicelib.posts.revisions import prune
from chalicelib.settings.actions import forget_site
from tests.accounts.test_tokens import of_scope
from tests.blog import Blog, Got
from tests.conftest import Moment
from tests.core.test_difference import patched
from tests.faults import Faults, at_once, die_after, die_before, lost_reply
from tests.journeys.test_crashes import deaths
from tests.lists.standing import finish_jobs
from tests.posts.test_texts import noise

FAULTS = pytest.mark.parametrize("fault", [die_before, die_after])


def target(post: dict[str, Any], rest: str = "") -> str:
    return f"/api/posts/{post['id']}{rest}"


def edit(blog: Blog, post: dict[str, Any], **fields: Any) -> dict[str, Any]:
    got = blog.api("PATCH", target(post), **fields)
    assert got.status == 200, got.text
    return dict(got.json)


def revisions(blog: Blog, post: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
    got = blog.api("GET", target(post, f"/revisions?limit=100{query}"))
    assert got.status == 200, got.text
    return list(got.json["items"])


def numbers(blog: Blog, post: dict[str, Any]) -> list[int]:
    return [one["number"] for one in revisions(blog, post)]


def revision(blog: Blog, post: dict[str, Any], number: int) -> dict[str, Any]:
    got = blog.api("GET", target(post, f"/revisions/{number}"))
    assert got.status == 200, got.text
    return dict(got.json)


def restore(blog: Blog, post: dict[str, Any], number: int, **headers: str) -> Got:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return blog.api("POST", target(post, f"/revisions/{number}/restore"), _headers=named)


def difference(blog: Blog, post: dict[str, Any], number: int, query: str = "") -> dict[str, Any]:
    got = blog.api("GET", target(post, f"/revisions/{number}/diff{query}"))
    assert got.status == 200, got.text
    return dict(got.json)


def keep(blog: Blog, count: int) -> None:
    assert blog.api("PATCH", "/api/settings", revisions_kept=count).status == 200
    forget_site()


# --- keeping ---------------------------------------------------------------------------------


def test_every_change_of_content_is_kept_with_its_time_and_whose_it_is(blog: Blog, moment: Moment) -> None:
    post = blog.post("One", "First words.", summary="s")
    first = moment.ahead()
    second = moment.forward(minutes=5)
    edit(blog, post, body="Other words, more.", title="Two")
    third = moment.forward(minutes=5)
    edit(blog, post, language="de")
    assert revisions(blog, post) == [
        {
            "number": 3,
            "is_current": True,
            "saved_at": third,
            "by": "the tests",
            "title": "Two",
            "words": 3,
            "size": 18,
            "changed": ["language"],
        },
        {
            "number": 2,
            "is_current": False,
            "saved_at": second,
            "by": "the tests",
            "title": "Two",
            "words": 3,
            "size": 18,
            "changed": ["title", "body"],
        },
        {
            "number": 1,
            "is_current": False,
            "saved_at": first,
            "by": "the tests",
            "title": "One",
            "words": 2,
            "size": 12,
            "changed": ["title", "summary", "body"],
        },
    ]
    whole = revision(blog, post, 1)
    assert {name: whole[name] for name in ("title", "summary", "language", "body", "size")} == {
        "title": "One",
        "summary": "s",
        "language": "",
        "body": "First words.",
        "size": 12,
    }
    assert revision(blog, post, 3)["language"] == "de"


@pytest.mark.parametrize(
    "field", [{"tags": ["x"]}, {"pinned": True}, {"status": "unlisted"}, {"slug": "other"}]
)
def test_what_is_not_content_makes_no_revision(engine_blog: Blog, field: dict[str, Any]) -> None:
    post = engine_blog.post()
    edit(engine_blog, post, **field)
    edit(engine_blog, post, title=post["title"], body=post["body"])
    assert numbers(engine_blog, post) == [1]


def test_a_change_of_language_is_kept_and_does_not_count_as_an_update(engine_blog: Blog) -> None:
    post = engine_blog.post()
    changed = edit(engine_blog, post, language="fr")
    assert (numbers(engine_blog, post), changed["updated_at"]) == ([2, 1], None)


def test_a_list_has_pages_and_a_cursor_of_its_own(engine_blog: Blog) -> None:
    post, other = engine_blog.post("A"), engine_blog.post("B")
    for number in range(4):
        edit(engine_blog, post, body=f"Text {number}")
    found, query = [], "?limit=2"
    while query:
        got = engine_blog.api("GET", target(post, f"/revisions{query}")).json
        found.append([one["number"] for one in got["items"]])
        query = f"?limit=2&cursor={got['cursor']}" if got["cursor"] else ""
    assert found == [[5, 4], [3, 2], [1]]
    cursor = engine_blog.api("GET", target(post, "/revisions?limit=1")).json["cursor"]
    assert engine_blog.api("GET", target(other, f"/revisions?cursor={cursor}")).status == 400


def test_lists_leave_the_texts_where_they_are(engine_blog: Blog, faults: Faults) -> None:
    post = engine_blog.post(body="A secret word.")
    faults.clear()
    revisions(engine_blog, post)
    (query,) = [body for operation, body in faults.requests if operation == "Query"]
    assert "ProjectionExpression" in query
    assert "source" not in query["ExpressionAttributeNames"].values()


def test_revisions_of_the_first_version_are_read(blog: Blog) -> None:
    """They had a title and a source."""
    post = blog.post("New", "New text", summary="Now", language="de")
    old = Revision(post["id"], 1, "Old", "Old text", clock.parse("2026-01-02T03:04:05Z"))
    item = store.revision_to_item(old)
    assert set(item) == {"pk", "sk", "schema", "title", "source", "saved_at", "by"}
    del item["by"]
    table.write(Put(item))
    edit(blog, post, title="Newer")
    (line,) = [one for one in revisions(blog, post) if one["number"] == 1]
    assert (line["words"], line["size"], line["changed"], line["by"]) == (None, None, None, "")
    whole = revision(blog, post, 1)
    assert (whole["title"], whole["body"], whole["size"]) == ("Old", "Old text", 8)
    assert not {"summary", "language"} & set(whole)
    assert [one["field"] for one in difference(blog, post, 2)["fields"]] == ["title"]
    restored = restore(blog, post, 1).json
    assert [restored[name] for name in ("title", "body", "summary", "language")] == [
        "Old",
        "Old text",
        "Now",
        "de",
    ]


def test_a_damaged_revision_costs_itself_alone(engine_blog: Blog) -> None:
    post = engine_blog.post()
    edit(engine_blog, post, body="Two")
    edit(engine_blog, post, body="Three")
    table.write(Update(store.revision_key(post["id"], 2), put={"saved_at": "never"}))
    assert numbers(engine_blog, post) == [3, 1]
    assert engine_blog.api("GET", target(post, "/revisions/2")).status == 404
    assert difference(engine_blog, post, 3)["against"] == 1


def test_a_text_that_is_lost_is_not_restored_as_an_empty_one(engine_blog: Blog) -> None:
    post = engine_blog.post(body="One")
    edit(engine_blog, post, body="Two")
    table.write(Update(store.revision_key(post["id"], 1), put={"source": b"damaged"}))
    got = restore(engine_blog, post, 1)
    assert (got.status, "damaged or lost" in got.json["detail"]) == (409, True)
    assert numbers(engine_blog, post) == [2, 1]


@pytest.mark.parametrize("number", ["0", "2", "x", "-1", "1.0", "٣", "1" * 30, "%20", "000001"])
@pytest.mark.parametrize("rest", ["", "/diff", "/restore"])
def test_a_number_that_is_none_is_not_found(engine_blog: Blog, number: str, rest: str) -> None:
    post = engine_blog.post()
    method = "POST" if rest == "/restore" else "GET"
    got = engine_blog.api(method, target(post, f"/revisions/{number}{rest}"))
    assert got.status == (200 if number == "000001" else 404)
    if got.status == 404:
        assert "revisions lists those that are kept" in got.json["detail"]
    assert numbers(engine_blog, post) == [1]


def test_revisions_are_read_with_the_scope_read_and_restored_with_update(engine_blog: Blog) -> None:
    post = engine_blog.post()
    edit(engine_blog, post, body="Two")
    got = restore(of_scope("update"), post, 1)
    assert got.status == 200
    assert set(got.json) == {"id", "url", "slug", "status", "version"}
    assert revisions(engine_blog, post)[0]["by"] == "only update"


def test_head_is_get_without_its_body(blog: Blog) -> None:
    post = blog.post()
    edit(blog, post, body="Two")
    for rest in ("", "/2", "/2/diff", "/2/diff?format=text"):
        got, head = (blog.api(method, target(post, f"/revisions{rest}")) for method in ("GET", "HEAD"))
        assert (head.status, head.text) == (200, "")
        assert head.headers["content-type"] == got.headers["content-type"]
        assert head.headers["cache-control"] == "no-store"


# --- comparing -------------------------------------------------------------------------------


def test_a_difference_tells_lines_and_the_words_in_them(blog: Blog) -> None:
    post = blog.post("One", "Kept.\n\nThe cat sat.\n\nKept too.")
    edit(blog, post, title="One more", body="Kept.\n\nThe dog sat.\n\nKept too.")
    assert difference(blog, post, 2) == {
        "number": 2,
        "against": 1,
        "fields": [
            {
                "field": "title",
                "old": "One",
                "new": "One more",
                "words": [{"op": " ", "text": "One"}, {"op": "+", "text": " more"}],
            }
        ],
        "hunks": [
            {
                "old_start": 1,
                "old_lines": 5,
                "new_start": 1,
                "new_lines": 5,
                "lines": [
                    {"op": " ", "text": "Kept.\n"},
                    {"op": " ", "text": "\n"},
                    {
                        "op": "-",
                        "text": "The cat sat.\n",
                        "words": [
                            {"op": " ", "text": "The "},
                            {"op": "-", "text": "cat"},
                            {"op": " ", "text": " sat.\n"},
                        ],
                    },
                    {
                        "op": "+",
                        "text": "The dog sat.\n",
                        "words": [
                            {"op": " ", "text": "The "},
                            {"op": "+", "text": "dog"},
                            {"op": " ", "text": " sat.\n"},
                        ],
                    },
                    {"op": " ", "text": "\n"},
                    {"op": " ", "text": "Kept too."},
                ],
            }
        ],
    }


def test_it_is_told_as_text_where_that_is_asked_for(blog: Blog, moment: Moment) -> None:
    post = blog.post("One", "a\nb\n")
    edit(blog, post, title="Two", body="a\nc")
    wanted = (
        'title: "One" -> "Two"\n'
        f"--- revision 1\t{moment.ahead()}\n+++ revision 2\t{moment.ahead()}\n"
        "@@ -1,2 +1,2 @@\n a\n-b\n+c\n\\ No newline at end of file\n"
    )
    at = target(post, "/revisions/2/diff")
    asked = [
        blog.api("GET", f"{at}?format=text"),
        blog.api("GET", at, _headers={"Accept": "text/plain"}),
        blog.api("GET", f"{at}?format=text", _headers={"Accept": "application/json"}),
    ]
    assert [(got.text, got.headers["content-type"]) for got in asked] == [
        (wanted, "text/plain; charset=utf-8")
    ] * 3
    assert blog.api("GET", f"{at}?format=json", _headers={"Accept": "text/plain"}).json["number"] == 2
    assert blog.api("GET", f"{at}?format=xml").status == 400
    assert {got.headers["vary"] for got in [*asked, blog.api("GET", at)]} == {"Accept"}


def test_any_two_are_compared_and_the_first_with_nothing(engine_blog: Blog) -> None:
    post = engine_blog.post("T", "one\n")
    for text in ("two\n", "three\n"):
        edit(engine_blog, post, body=text)
    against = [difference(engine_blog, post, 3, query) for query in ("", "?against=1", "?against=3")]
    assert [found["against"] for found in against] == [2, 1, 3]
    assert [line["text"] for found in against for hunk in found["hunks"] for line in hunk["lines"]] == [
        "two\n",
        "three\n",
        "one\n",
        "three\n",
    ]
    backwards = difference(engine_blog, post, 1, "?against=3")
    assert [line["op"] for line in backwards["hunks"][0]["lines"]] == ["-", "+"]
    first = difference(engine_blog, post, 1)
    assert (first["against"], first["fields"][0]["new"]) == (None, "T")
    assert [line["op"] for line in first["hunks"][0]["lines"]] == ["+"]
    assert engine_blog.api("GET", target(post, "/revisions/3/diff?against=9")).status == 404


@pytest.mark.parametrize("query", ["", "?format=text"])
def test_a_difference_in_too_many_lines_is_refused(engine_blog: Blog, query: str) -> None:
    post = engine_blog.post("T", "a\n" * 30_000)
    edit(engine_blog, post, body="b\n" * 30_000)
    got = engine_blog.api("GET", target(post, f"/revisions/2/diff{query}"))
    assert got.status == 422
    assert "differ in more than 50,000 lines" in got.json["detail"]


def test_a_difference_that_no_answer_holds_is_refused(
    engine_blog: Blog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.publishing.revision_routes.LARGEST_ANSWER", 5000)
    post = engine_blog.post(body="x\n" * 2000)
    got = engine_blog.api("GET", target(post, "/revisions/1/diff"))
    assert got.status == 422
    assert "Read both revisions" in got.json["detail"]


# --- restoring -------------------------------------------------------------------------------


def test_a_revision_is_restored_as_a_new_one(blog: Blog, moment: Moment) -> None:
    post = blog.post("One", "First *words*.", summary="s", language="de", tags=["kept"], slug="here")
    moment.forward(minutes=1)
    edit(blog, post, title="Two", body="Second.", summary="", language="", tags=["new"], slug="there")
    now = moment.forward(minutes=1)
    got = restore(blog, post, 1, If_Match='"v2"')
    assert (got.status, got.headers["etag"]) == (200, '"v3"')
    shown = {name: got.json[name] for name in ("title", "body", "summary", "language", "tags", "slug")}
    assert shown == {
        "title": "One",
        "body": "First *words*.",
        "summary": "s",
        "language": "de",
        "tags": ["new"],
        "slug": "there",
    }
    assert (got.json["updated_at"], numbers(blog, post)) == (now, [3, 2, 1])
    assert "First <em>words</em>" in blog.get("/posts/there").text
    assert blog.api("GET", target(post)).json == got.json


def test_restoring_what_is_there_changes_nothing(engine_blog: Blog) -> None:
    post = engine_blog.post()
    edit(engine_blog, post, body="Two")
    edit(engine_blog, post, body=post["body"])
    got = restore(engine_blog, post, 1)
    assert (got.status, got.json["version"], numbers(engine_blog, post)) == (200, 3, [3, 2, 1])


def test_a_deleted_post_is_brought_back_first(engine_blog: Blog) -> None:
    post = engine_blog.post()
    edit(engine_blog, post, body="Two")
    engine_blog.api("DELETE", target(post))
    got = restore(engine_blog, post, 1)
    assert got.status == 409
    assert "PATCH it with a “status”" in got.json["detail"]
    assert numbers(engine_blog, post) == [2, 1]
    edit(engine_blog, post, status="draft")
    assert restore(engine_blog, post, 1).json["body"] == post["body"]


def test_a_restoration_that_is_sent_twice_is_done_once(engine_blog: Blog, faults: Faults) -> None:
    keep(engine_blog, 2)
    post = engine_blog.post(body="One")
    edit(engine_blog, post, body="Two")
    faults.on("TransactWriteItems", lost_reply())
    first = restore(engine_blog, post, 1, Idempotency_Key="k", If_Match='"v2"')
    prune(post["id"])
    assert 1 not in numbers(engine_blog, post)
    again = restore(engine_blog, post, 1, Idempotency_Key="k", If_Match='"v2"')
    assert first.json == again.json
    assert (again.status, again.json["version"], numbers(engine_blog, post)) == (200, 3, [3, 2])


def test_a_body_says_nothing_and_is_refused_where_it_does(engine_blog: Blog) -> None:
    post = engine_blog.post()
    assert engine_blog.api("POST", target(post, "/revisions/1/restore"), title="x").status == 422
    empty = engine_blog.send(
        "POST",
        target(post, "/revisions/1/restore"),
        body="{}",
        headers={"Authorization": f"Bearer {engine_blog.token}", "Content-Type": "application/json"},
    )
    assert empty.status == 200


def test_an_older_version_is_told_so(engine_blog: Blog) -> None:
    post = engine_blog.post()
    edit(engine_blog, post, body="Two")
    assert restore(engine_blog, post, 1, If_Match='"v1"').status == 412
    got = engine_blog.api("GET", target(post, "/revisions"))
    assert restore(engine_blog, post, 1, If_Match=got.headers["etag"]).status == 200


# --- at the same time ------------------------------------------------------------------------


def _restored(blog: Blog, post: dict[str, Any]) -> int:
    return restore(blog, post, 1, If_Match='"v2"').status


def _patched_at(blog: Blog, post: dict[str, Any], body: str) -> int:
    return blog.api("PATCH", target(post), _headers={"If-Match": '"v2"'}, body=body).status


def _edited(blog: Blog, post: dict[str, Any], number: int) -> int:
    return int(edit(blog, post, body=f"Text {number}")["version"])


def _pruned(post_id: str) -> int:
    prune(post_id)
    return 0


def test_of_two_who_restore_and_edit_one_version_one_wins(engine_blog: Blog) -> None:
    for _ in range(4):
        post = engine_blog.post(body="One")
        edit(engine_blog, post, body="Two")
        got = at_once(
            [
                partial(_restored, engine_blog, post),
                partial(_patched_at, engine_blog, post, "Three"),
                partial(_patched_at, engine_blog, post, "Four"),
            ]
        )
        assert sorted(got) == [200, 412, 412]
        assert numbers(engine_blog, post) == [3, 2, 1]


def test_who_restores_the_same_at_once_makes_one_revision(engine_blog: Blog) -> None:
    """Both are told that it is as they wished: their changes cannot be told apart."""
    post = engine_blog.post(body="One")
    edit(engine_blog, post, body="Two")
    got = at_once([partial(_restored, engine_blog, post)] * 2)
    assert set(got) <= {200, 412}
    assert 200 in got
    assert numbers(engine_blog, post) == [3, 2, 1]


def test_without_a_version_all_of_them_are_kept(engine_blog: Blog) -> None:
    post = engine_blog.post(body="One")
    edit(engine_blog, post, body="Two")
    got = at_once(
        [
            lambda: restore(engine_blog, post, 1).status,
            lambda: engine_blog.api("PATCH", target(post), body="Three").status,
            lambda: engine_blog.api("PATCH", target(post), body="Four").status,
        ]
    )
    assert got == [200, 200, 200]
    assert numbers(engine_blog, post) == [5, 4, 3, 2, 1]
    bodies = [revision(engine_blog, post, number)["body"] for number in (3, 4, 5)]
    assert sorted(bodies) == ["Four", "One", "Three"]


# --- letting go ------------------------------------------------------------------------------


def pruned(moment: Moment) -> None:
    """What the tick does when it is due."""
    moment.forward(minutes=1)
    jobs.run_due(60)


def test_the_oldest_beyond_those_that_are_kept_are_removed(blog: Blog, moment: Moment) -> None:
    keep(blog, 3)
    post = blog.post(body="Text 1")
    for number in range(2, 8):
        edit(blog, post, body=f"Text {number}")
        pruned(moment)
        assert numbers(blog, post) == list(range(number, max(0, number - 3), -1))
    assert restore(blog, post, 5).status == 200
    pruned(moment)
    assert numbers(blog, post) == [8, 7, 6]
    assert difference(blog, post, 6)["against"] is None
    assert blog.api("GET", target(post)).json["body"] == "Text 5"


def test_a_smaller_number_takes_hold_with_the_next_change(engine_blog: Blog, moment: Moment) -> None:
    keep(engine_blog, 0)
    post = engine_blog.post(body="Text 1")
    for number in range(2, 32):
        edit(engine_blog, post, body=f"Text {number}")
    pruned(moment)
    assert len(numbers(engine_blog, post)) == 31
    keep(engine_blog, 1)
    edit(engine_blog, post, body="The last")
    pruned(moment)
    assert numbers(engine_blog, post) == [32]
    assert engine_blog.api("GET", target(post)).json["body"] == "The last"


def test_nothing_is_written_to_prune_before_there_is_something(engine_blog: Blog, faults: Faults) -> None:
    keep(engine_blog, 2)
    post = engine_blog.post()
    for number, wanted in ((2, False), (3, True)):
        faults.clear()
        edit(engine_blog, post, body=f"Text {number}")
        assert ("JOB#prune" in str(faults.requests)) is wanted


def test_only_the_post_itself_is_pruned(engine_blog: Blog) -> None:
    post, other = engine_blog.post("A"), engine_blog.post("B")
    for one in (post, other):
        for number in range(3):
            edit(engine_blog, one, body=f"Text {number}")
    keep(engine_blog, 1)
    before = len(engine_blog.everything())
    prune(post["id"])
    assert (numbers(engine_blog, post), numbers(engine_blog, other)) == ([4], [4, 3, 2, 1])
    assert len(engine_blog.everything()) == before - 3


def test_a_long_text_goes_with_the_last_revision_that_has_it(
    engine_blog: Blog, moment: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "MOST_INLINE", 20)
    keep(engine_blog, 2)
    one, two = noise(300, 1), noise(300, 2)
    post = engine_blog.post("T", one)
    edit(engine_blog, post, body=two)
    assert (revision(engine_blog, post, 1)["body"], difference(engine_blog, post, 2)["against"]) == (one, 1)
    restore(engine_blog, post, 1)
    left = []
    for title in ("A", "B"):
        pruned(moment)
        moment.now = datetime.now(UTC) + timedelta(hours=3)
        finish_jobs()
        left.append(
            [revision(engine_blog, post, number)["body"] for number in reversed(numbers(engine_blog, post))]
        )
        edit(engine_blog, post, title=title)
    assert left == [[two, one], [one, one]]
    pruned(moment)
    moment.now = datetime.now(UTC) + timedelta(hours=9)
    finish_jobs()
    assert len(list(objects.under(f"texts/{post['id']}/"))) == 2  # The text, and its HTML.


def test_pruning_meets_edits(engine_blog: Blog) -> None:
    keep(engine_blog, 2)
    post = engine_blog.post()
    edits = [partial(_edited, engine_blog, post, n) for n in range(4)]
    at_once([*edits, *[partial(_pruned, post["id"])] * 3])
    prune(post["id"])
    assert numbers(engine_blog, post) == [5, 4]
    assert revision(engine_blog, post, 5)["body"] == engine_blog.api("GET", target(post)).json["body"]


# --- dying -----------------------------------------------------------------------------------


@FAULTS
def test_a_revision_is_restored_whole_or_not_at_all(engine_blog: Blog, faults: Faults, fault: Any) -> None:
    keep(engine_blog, 2)
    made: dict[int, Any] = {}

    def again(number: int) -> Got:
        return restore(engine_blog, made[number], 2, Idempotency_Key=f"key {number}")

    def first(number: int) -> Got:
        faults.clear()
        post = made[number] = engine_blog.post(f"Post {number}", "One")
        for text in ("Two", "Three"):
            edit(engine_blog, post, body=text)
        faults.on("*", fault(), skip=number)
        return again(number)

    for number in deaths(faults, fault, first):
        post = made[number]
        body = engine_blog.api("GET", target(post)).json["body"]
        assert (body, numbers(engine_blog, post)[0]) in [("Three", 3), ("Two", 4)]
        assert again(number).json["body"] == "Two"
        assert numbers(engine_blog, post)[0] == 4
        prune(post["id"])
        assert numbers(engine_blog, post) == [4, 3]


@FAULTS
def test_pruning_that_was_cut_off_goes_on(
    engine_blog: Blog, faults: Faults, fault: Any, moment: Moment
) -> None:
    post = engine_blog.post()
    for number in range(6):
        edit(engine_blog, post, body=f"Text {number}")
    keep(engine_blog, 3)

    def cut(number: int) -> Got:
        faults.clear()
        edit(engine_blog, post, body=f"Again {number}")
        moment.forward(minutes=30)
        faults.on("*", fault(), skip=number)
        jobs.run_due(60)
        return Got(200, {}, "")

    for _ in deaths(faults, fault, cut):
        left = numbers(engine_blog, post)
        assert left == list(range(left[0], left[-1] - 1, -1))
        assert len(left) >= 3
    faults.clear()
    assert len(numbers(engine_blog, post)) == 3


# --- any sequence ----------------------------------------------------------------------------

EDITS = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["A", "B", "C c"]),
        "body": st.sampled_from(["", "a\n", "a\nb", "a\n\nb *c* d", "Ünïcode ب\n" * 3]),
        "summary": st.sampled_from(["", "s", "two\nlines"]),
        "language": st.sampled_from(["", "de", "ar"]),
        "tags": st.sampled_from([[], ["t"]]),
    },
)
STEPS = st.lists(EDITS | st.integers(1, 8), max_size=8)
CONTENT = ("title", "body", "summary", "language")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_after_any_edits_and_restorations_revisions_say_what_was_sent(engine_blog: Blog, steps: Any) -> None:
    post = engine_blog.post("A", "a")
    said = [{"title": "A", "body": "a", "summary": "", "language": ""}]
    for step in steps:
        if isinstance(step, int):
            wanted = said[step % len(said)]
            restore(engine_blog, post, step % len(said) + 1)
        else:
            wanted = {name: step.get(name, said[-1][name]) for name in CONTENT}
            if step:
                edit(engine_blog, post, **step)
        said += [wanted] * (wanted != said[-1])
    found = [revision(engine_blog, post, number) for number in range(1, len(said) + 1)]
    assert [{name: one[name] for name in CONTENT} for one in found] == said
    assert numbers(engine_blog, post) == [*range(len(said), 0, -1)]
    now = engine_blog.api("GET", target(post)).json
    assert {name: now[name] for name in CONTENT} == said[-1]
    for number in range(2, len(said) + 1):
        told = difference(engine_blog, post, number)
        before, after = said[number - 2], said[number - 1]
        assert _patched(before["body"], told["hunks"]) == after["body"]
        assert {one["field"]: one["new"] for one in told["fields"]} == {
            name: after[name] for name in CONTENT if name != "body" and after[name] != before[name]
        }


def _patched(old: str, hunks: list[dict[str, Any]]) -> str:
    from chalicelib.core.difference import Hunk, Line

    return patched(
        old,
        [
            Hunk(
                hunk["old_start"],
                hunk["new_start"],
                tuple(Line(line["op"], line["text"]) for line in hunk["lines"]),
            )
            for hunk in hunks
        ],
    )
