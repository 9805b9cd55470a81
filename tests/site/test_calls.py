"""How often each route calls the storage, and what that costs."""

from __future__ import annotations

from typing import Any

import pytest

import app as parley
from chalicelib.core import table
from chalicelib.settings.actions import forget_site
from tests import capacity
from tests.blog import Blog
from tests.comments.threads import grow
from tests.conftest import Moment
from tests.faults import Faults

ALLOWED = set("S3 GetItem Query BatchGetItem PutItem UpdateItem DeleteItem TransactWriteItems".split())


@pytest.fixture
def costs(engine_blog: Blog) -> dict[str, capacity.Cost]:
    return capacity.measure(engine_blog, table.client())


def test_the_document_says_what_each_route_costs(costs: dict[str, capacity.Cost]) -> None:
    measured = capacity.as_table(costs)
    assert capacity.documented().splitlines() == measured.splitlines(), (
        "run `python -m tests.capacity --write`"
    )


def test_every_route_is_measured_and_none_scans(costs: dict[str, capacity.Cost]) -> None:
    routes = {
        f"{method} {path}"
        for path, views in parley.app.routes.items()
        for method, entry in views.items()
        if not entry.view_name.startswith("refuse")
        and (method == "GET" or (method != "HEAD" and path != "/{proxy+}"))
    }
    assert {name.split("`")[1] for name in costs} == routes
    used = {call.partition(" ")[0] for cost in costs.values() for call in cost.calls + cost.apart}
    assert used <= ALLOWED


@pytest.mark.parametrize("replies", [0, 3, 50, 120])
def test_a_post_page_is_one_query(engine_blog: Blog, faults: Faults, replies: int) -> None:
    engine_blog.post("Open")
    grow("open", [None if number % 5 == 0 else number - 1 for number in range(replies)])
    engine_blog.get("/")
    faults.clear()
    assert engine_blog.get("/posts/open").status == 200
    assert faults.calls == ["Query"]


def test_a_process_that_has_just_begun_reads_the_site_once(engine_blog: Blog, faults: Faults) -> None:
    engine_blog.post("Open")
    engine_blog.get("/")
    forget_site()
    faults.clear()
    for _ in range(3):
        engine_blog.get("/posts/open")
    assert faults.calls == ["GetItem", "Query", "Query", "Query"]


def test_home_is_a_query_with_its_counts_however_many_posts_there_are(
    engine_blog: Blog, faults: Faults
) -> None:
    for number in range(12):
        engine_blog.post(f"Post {number}")
    faults.clear()
    engine_blog.get("/")
    # What is known of changes, then the list, then how many replies each post has.
    assert faults.calls[-3:] == ["Query", "Query", "BatchGetItem"]


@pytest.mark.parametrize("target", ["/", "/posts/open", "/posts/open/comments", "/tags", "/feed.atom"])
def test_a_page_that_this_process_has_made_costs_what_tells_that_it_is_good(
    engine_blog: Blog, faults: Faults, moment: Moment, target: str
) -> None:
    engine_blog.post("Open", tags=["a"])
    moment.forward(minutes=1)
    first = engine_blog.get(target)
    faults.clear()
    again = engine_blog.get(target)
    assert faults.calls == ["Query"]
    passing = {"x-request-id", "x-amzn-requestid"}
    assert again.text == first.text
    assert {**again.headers, **dict.fromkeys(passing)} == {**first.headers, **dict.fromkeys(passing)}
    engine_blog.reply("open", "A new one.")
    engine_blog.post("Another", tags=["b"])
    assert engine_blog.get(target).text != first.text


def test_a_changed_slug_costs_one_call_more(engine_blog: Blog, faults: Faults) -> None:
    post = engine_blog.post("Before")
    engine_blog.api("PATCH", f"/api/posts/{post['id']}", slug="after")
    engine_blog.get("/")
    faults.clear()
    engine_blog.get("/posts/after")
    engine_blog.get("/posts/before")
    assert faults.calls == ["Query", "Query", "Query"]


@pytest.mark.parametrize("target", ["/none/of/it", "/posts", "/favicon.ico", "/api/none"])
def test_an_unknown_address_costs_nothing(engine_blog: Blog, faults: Faults, target: str) -> None:
    engine_blog.get("/")
    faults.clear()
    assert engine_blog.get(target).status == 404
    assert faults.calls == []


def test_a_refused_request_costs_its_token_alone(engine_blog: Blog, faults: Faults) -> None:
    engine_blog.api("GET", "/api/posts")
    faults.clear()
    engine_blog.api("POST", "/api/posts", title=5)
    engine_blog.get("/api/posts")
    assert faults.calls == ["GetItem"]


def test_what_is_written_does_not_grow_with_the_thread(engine_blog: Blog) -> None:
    engine_blog.post("The day's first", slug="first")
    engine_blog.reply("first")

    def cost(replies: int) -> tuple[float, float]:
        slug = engine_blog.post("Open")["slug"]
        grow(slug, [None] * replies)
        found = capacity.Measure(table.client()).of(lambda: engine_blog.reply(slug, "The same"))
        return found.reads, found.writes

    assert cost(1) == cost(200)


# --- the rules -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "size"),
    [
        (None, 0),
        ({"pk": {"S": "é"}}, 4),
        ({"a": {"N": "12345"}}, 5),
        ({"a": {"N": "0"}}, 2),
        ({"a": {"BOOL": True}, "b": {"NULL": True}}, 4),
        ({"a": {"B": "AAAA"}}, 4),
        ({"a": {"L": [{"S": "xy"}, {"S": ""}]}}, 1 + 3 + 3 + 1),
        ({"a": {"M": {"bc": {"S": "d"}}}}, 1 + 3 + 1 + 2 + 1),
    ],
)
def test_the_size_of_an_item_is_that_of_its_names_and_values(item: Any, size: int) -> None:
    assert capacity.item_size(item) == size


def of_size(size: int, **keys: str) -> dict[str, Any]:
    item: dict[str, Any] = {name: {"S": value} for name, value in keys.items()}
    return {**item, "x": {"S": "x" * (size - capacity.item_size(item) - 1)}}


@pytest.mark.parametrize(("size", "units"), [(0, 0.5), (1, 0.5), (4096, 0.5), (4097, 1), (40_960, 5)])
def test_reads_are_counted_by_four_kilobytes(size: int, units: float) -> None:
    assert capacity.read_units(size, consistent=False) == units
    assert capacity.read_units(size, consistent=True) == units * 2


@pytest.mark.parametrize(
    ("before", "after", "alone", "together"),
    [
        (None, of_size(1024), 1, 2),
        (None, of_size(1025), 2, 4),
        (of_size(3000), of_size(100), 3, 6),
        (of_size(3000), None, 3, 6),
        (None, of_size(2000, lpk="POSTS", lsk="1"), 2 + 2, 4 + 2),
        (of_size(2000, lpk="POSTS", lsk="1"), of_size(2001, lpk="POSTS", lsk="1"), 2 + 2, 4 + 2),
        (of_size(2000, lpk="POSTS", lsk="1"), of_size(2000, lpk="POSTS", lsk="2"), 2 + 4, 4 + 4),
        (of_size(2000, lpk="POSTS", lsk="1"), of_size(1000), 2 + 2, 4 + 2),
        (None, of_size(500, lpk="a", lsk="1", wpk="b", wsk="2"), 1 + 2, 2 + 2),
    ],
)
def test_writes_are_counted_by_the_kilobyte_with_every_copy(
    before: Any, after: Any, alone: int, together: int
) -> None:
    assert capacity.write_units(before, after, in_transaction=False) == alone
    assert capacity.write_units(before, after, in_transaction=True) == together
