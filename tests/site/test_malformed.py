"""Items that are not as this version writes them cost what they are, never the page around them."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.comments import store as comment_store
from chalicelib.core import kept, table
from chalicelib.core.table import Item, Put
from chalicelib.core.wire import wire_key
from chalicelib.posts import store as post_store
from chalicelib.settings import store as site_store
from chalicelib.settings.actions import forget_site
from tests import page
from tests.blog import Blog
from tests.comments.threads import grow

KEYS = {"pk", "sk", "lpk", "lsk"}
CARD = (
    *(
        "schema",
        "id",
        "slug",
        "title",
        "status",
        "created_at",
        "published_at",
        "updated_at",
        "tags",
        "summary",
    ),
    *("excerpt", "words", "revision", "version", "was_public"),
)
BODY = ("schema", "html", "renderer")
ROW = ("name", "html", "at", "website", "is_author")
SITE = (
    "schema",
    "title",
    "description",
    "author",
    "language",
    "posts_per_page",
    "version",
    "secrets",
    "coming",
)
WRONG: list[Any] = [None, 5, "text", True, [], {}, b"\x00"]
GONE = object()


@pytest.fixture
def filled(engine_blog: Blog) -> Blog:
    """Two posts, one of them updated, with tags and two replies."""
    engine_blog.post("Good")
    post = engine_blog.post("Odd", "Text", tags=["a"], summary="s")
    engine_blog.api("PATCH", f"/api/posts/{post['id']}", body="Better")
    engine_blog.reply("odd", "First", website="https://a.example")
    engine_blog.api("POST", "/posts/odd/comments", body="Second")
    engine_blog.get("/")
    return engine_blog


def break_item(key: tuple[str, str], **changes: Any) -> None:
    item = table.get(key)
    assert item is not None
    table.write(Put({name: value for name, value in {**item, **changes}.items() if value is not GONE}))
    forget_site()
    kept.pages.forget()


def _word(value: Any) -> str:
    return "gone" if value is GONE else repr(value)


def failures(
    filled: Blog, key: tuple[str, str], names: tuple[str, ...], *, post: tuple[int, ...]
) -> list[str]:
    """The changes to an item that break a page, one by one."""
    item = table.get(key)
    assert item is not None
    found = []
    for name in names:
        for value in (GONE, *WRONG):
            break_item(key, **{name: value})
            home, read = filled.get("/"), filled.get("/posts/odd")
            if home.status != 200 or "Good" not in home.text or read.status not in post:
                found.append(f"{name}={_word(value)}: home {home.status}, post {read.status}")
            table.write(Put(item))
    return found


@pytest.mark.parametrize("name", CARD)
def test_a_malformed_card_costs_itself_alone(filled: Blog, name: str) -> None:
    """A slug that is another word leads to that word."""
    assert failures(filled, post_store.card_key("odd"), (name,), post=(200, 301, 404)) == []


@pytest.mark.parametrize("name", BODY)
def test_a_malformed_body_costs_itself_alone(filled: Blog, name: str) -> None:
    assert failures(filled, post_store.body_key("odd"), (name,), post=(200,)) == []


@pytest.mark.parametrize("name", ROW)
def test_a_malformed_reply_costs_itself_alone(filled: Blog, name: str) -> None:
    row = comment_store.rows_from("odd", comment_store.ROW, 1).items[0]
    assert failures(filled, comment_store.row_key("odd", row.path), (name,), post=(200,)) == []


@pytest.mark.parametrize("name", ["replies", "cv"])
def test_a_malformed_tally_costs_its_count_alone(filled: Blog, name: str) -> None:
    assert failures(filled, (post_store.partition("odd"), "2n#0"), (name,), post=(200,)) == []


@pytest.mark.parametrize("name", SITE)
def test_a_malformed_site_has_its_defaults(filled: Blog, name: str) -> None:
    assert failures(filled, site_store.KEY, (name,), post=(200,)) == []


@pytest.mark.parametrize(
    "value",
    [
        {"N": "1.5"},
        {"N": "1E+2"},
        {"NS": ["1"]},
        {"SS": ["a"]},
    ],
)
@pytest.mark.parametrize("key", [("P#odd", "0card"), ("P#odd", "1body"), ("P#odd", "2n#0"), ("SITE", "-")])
def test_an_attribute_of_a_kind_that_we_do_not_write_is_passed_over(
    filled: Blog, key: tuple[str, str], value: Item
) -> None:
    table.client().update_item(
        TableName=table.config().table_name,
        Key=wire_key(key),
        UpdateExpression="SET later_on = :value",
        ExpressionAttributeValues={":value": value},
    )
    forget_site()
    assert [filled.get(target).status for target in ("/", "/posts/odd")] == [200, 200]
    assert "First" in filled.get("/posts/odd").text


def test_attributes_of_a_later_version_are_passed_over(filled: Blog) -> None:
    before = [filled.get(target).text for target in ("/", "/posts/odd")]
    row = comment_store.rows_from("odd", comment_store.ROW, 1).items[0]
    for key in (
        post_store.card_key("odd"),
        post_store.body_key("odd"),
        comment_store.row_key("odd", row.path),
        site_store.KEY,
    ):
        break_item(key, schema=99, later={"a": [1, None, b"x"]})
    assert [filled.get(target).text for target in ("/", "/posts/odd")] == before


def test_items_of_a_later_version_are_passed_over(filled: Blog) -> None:
    for sort_key in ("0later", "1extra", "2x", "3faces", "4around", "5first"):
        table.write(Put({"pk": "P#odd", "sk": sort_key, "html": 5, "name": []}))
    got = filled.get("/posts/odd")
    assert got.status == 200
    assert "Better" in got.text
    assert "2 replies" in got.text


def test_a_card_without_a_body_is_still_a_page(filled: Blog) -> None:
    table.write(table.Delete(post_store.body_key("odd")))
    assert filled.get("/posts/odd").status == 200


def test_an_alias_that_leads_nowhere_is_not_found(filled: Blog) -> None:
    table.write(Put({"pk": "P#lost", "sk": "0card", "alias": "nowhere", "id": "0000000000000"}))
    assert [filled.get(target).status for target in ("/posts/lost", "/posts/lost/comments", "/")] == [
        404,
        404,
        200,
    ]


@pytest.mark.parametrize("missing", ["home", "path", "status", "created_at"])
def test_a_malformed_record_costs_its_line_in_the_queue_alone(filled: Blog, missing: str) -> None:
    first, second = filled.api("GET", "/api/comments?status=approved").json["items"]
    post_id, _, comment_id = first["id"].partition(".")
    break_item(comment_store.record_key(post_id, comment_id), **{missing: GONE})
    left = filled.api("GET", "/api/comments?status=approved")
    assert left.status == 200
    assert [item["id"] for item in left.json["items"]] == [second["id"]]
    assert filled.api("PATCH", f"/api/comments/{first['id']}", status="spam").status == 404


def test_a_malformed_card_does_not_end_home(engine_blog: Blog) -> None:
    for number in range(4):
        engine_blog.post(f"Post {number}", published_at=f"2020-01-0{number + 1}")
    engine_blog.api("PATCH", "/api/settings", posts_per_page=2)
    break_item(post_store.card_key("post-2"), status=GONE)
    assert page.link(engine_blog.get("/").text, "next")


def test_a_malformed_reply_does_not_end_a_thread(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    made = grow("open", [None] * 120)
    break_item(comment_store.row_key("open", made[60].path), name=GONE)
    second = page.link(engine_blog.get("/posts/open").text, "next") or ""
    assert page.link(engine_blog.get(second).text, "next")


def test_a_malformed_card_does_not_end_a_list(engine_blog: Blog) -> None:
    for number in range(4):
        engine_blog.post(f"Post {number}", published_at=f"2020-01-0{number + 1}")
    break_item(post_store.card_key("post-2"), status=GONE)
    assert engine_blog.api("GET", "/api/posts?limit=2").json["cursor"]
