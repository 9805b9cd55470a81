"""What a post's page says of others: those before and after it, in its series, and related."""

from __future__ import annotations

from typing import Any

import pytest

from tests import page
from tests.blog import Blog
from tests.conftest import Moment
from tests.lists.standing import finish_jobs

Said = dict[str, list[tuple[str, str]]]


def around(blog: Blog, slug: str) -> Said:
    """{kind: [(address, title)]}, as the page shows it."""
    found: Said = {}
    for group in (
        div for nav in page.classed(blog.get(f"/posts/{slug}").text, "onward") for div in nav.iter("div")
    ):
        for said in group.iter("dd"):
            kind = (
                page.words(said).partition(":")[0]
                if ":" in page.words(said)
                else page.words(next(group.iter("dt")))
            )
            links = [(link.attrib["href"], page.words(link)) for link in said.iter("a")]
            found[kind] = found.get(kind, []) + links
    return {kind: links for kind, links in found.items() if kind not in ("Tags", "Series")}


def addresses(blog: Blog, slug: str, kind: str) -> list[str]:
    return [address.removeprefix("/posts/") for address, _ in around(blog, slug).get(kind, [])]


def edit(blog: Blog, post: dict[str, Any], **fields: Any) -> None:
    got = blog.api("PATCH", f"/api/posts/{post['id']}", **fields)
    assert got.status == 200, got.text


def row(blog: Blog, moment: Moment, *names: str, **fields: Any) -> list[dict[str, Any]]:
    """Posts a minute apart."""
    made = []
    for name in names:
        moment.forward(minutes=1)
        made.append(blog.post(name, **fields))
    return made


def test_posts_lead_to_those_before_and_after(blog: Blog, moment: Moment) -> None:
    row(blog, moment, "A", "B & <i>", "C")
    blog.post("Page", type="page")
    assert around(blog, "a") == {"Next post": [("/posts/b-i", "B & <i>")]}
    assert around(blog, "b-i") == {"Previous post": [("/posts/a", "A")], "Next post": [("/posts/c", "C")]}
    assert around(blog, "c") == {"Previous post": [("/posts/b-i", "B & <i>")]}
    got = blog.get("/posts/b-i").text
    assert '<link rel="prev" href="/posts/a">' in got
    assert '<link rel="next" href="/posts/c">' in got
    assert "B & <i>" not in blog.get("/posts/a").text


def test_a_series_leads_on_and_is_not_said_twice(blog: Blog, moment: Moment) -> None:
    row(blog, moment, "A", series="S")
    row(blog, moment, "Between")
    row(blog, moment, "B", "C", series="s")
    assert around(blog, "b") == {
        "Previous part": [("/posts/a", "A")],
        "Next part": [("/posts/c", "C")],
        "Previous post": [("/posts/between", "Between")],
    }
    assert around(blog, "between") == {"Previous post": [("/posts/a", "A")], "Next post": [("/posts/b", "B")]}


CHANGES: dict[str, tuple[dict[str, Any], list[list[str]]]] = {
    "another title": ({"title": "New"}, [["b"], ["b"]]),
    "another slug": ({"slug": "new"}, [["new"], ["new"]]),
    "unlisted": ({"status": "unlisted"}, [["c"], ["a"]]),
    "a draft": ({"status": "draft"}, [["c"], ["a"]]),
    "a page": ({"type": "page"}, [["c"], ["a"]]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_neighbours_are_told_of_a_change(blog: Blog, moment: Moment, change: str) -> None:
    _, post, _ = row(blog, moment, "A", "B", "C", series="S")
    fields, (following, before) = CHANGES[change]
    edit(blog, post, **fields)
    for kind, slug, expected in (("Next part", "a", following), ("Previous part", "c", before)):
        assert addresses(blog, slug, kind) == expected
        assert not addresses(blog, slug, kind.replace("part", "post"))
    if change == "another title":
        assert around(blog, "a")["Next part"] == [("/posts/b", "New")]
    if fields.get("status"):
        edit(blog, post, status="published")
        assert addresses(blog, "a", "Next part") == ["b"]


def test_neighbours_are_told_of_a_deletion_and_a_return(blog: Blog, moment: Moment) -> None:
    _, post, _ = row(blog, moment, "A", "B", "C", tags=["t"])
    assert blog.api("DELETE", f"/api/posts/{post['id']}").status in (200, 204)
    assert around(blog, "a") == {"Next post": [("/posts/c", "C")]}
    edit(blog, post, status="published")
    assert addresses(blog, "a", "Next post") == ["b"]


def test_a_date_moves_a_post_between_others(blog: Blog, moment: Moment) -> None:
    days = [f"2026-11-{day}T00:00:00Z" for day in (24, 26, 28)]
    for name, day in zip("ACE", days, strict=True):
        blog.post(name, published_at=day)
    moved = blog.post("M", published_at="2026-11-25T00:00:00Z")
    edit(blog, moved, published_at="2026-11-27T00:00:00Z")
    moment.forward(days=9)
    assert [addresses(blog, slug, "Next post") for slug in "acme"] == [["c"], ["m"], ["e"], []]
    assert [addresses(blog, slug, "Previous post") for slug in "acme"] == [[], ["a"], ["c"], ["m"]]


def test_a_scheduled_neighbour_is_there_from_its_second_on(blog: Blog, moment: Moment) -> None:
    blog.post("A", tags=["t"], series="S")
    blog.post("Z", tags=["t"], published_at="2020-01-01T00:00:00Z")
    blog.post("Coming", tags=["t"], series="S", published_at=moment.ahead(seconds=60))
    for slug in "az":
        assert "oming" not in blog.get(f"/posts/{slug}").text
    moment.forward(seconds=59)
    before = blog.get("/posts/a")
    assert "oming" not in before.text
    assert blog.get("/posts/a", If_None_Match=before.headers["etag"]).status == 304
    moment.forward(seconds=1)
    after = blog.get("/posts/a", If_None_Match=before.headers["etag"])
    assert (after.status, addresses(blog, "a", "Next part")) == (200, ["coming"])
    assert addresses(blog, "coming", "Previous part") == ["a"]
    finish_jobs()
    assert addresses(blog, "z", "Related posts") == ["coming"]


def test_a_copy_from_before_a_neighbour_came_is_never_good_again(engine_blog: Blog, moment: Moment) -> None:
    """Also when the site has forgotten that something came."""
    engine_blog.post("A")
    engine_blog.post("Coming", published_at=moment.ahead(minutes=1))
    before = engine_blog.get("/posts/a")
    moment.forward(days=3)
    finish_jobs()
    later = engine_blog.post("Later", published_at=moment.ahead(days=1))
    edit(engine_blog, later, status="draft")
    again = engine_blog.get("/posts/a", If_None_Match=before.headers["etag"])
    assert (again.status, "Coming" in again.text) == (200, True)


# --- related -----------------------------------------------------------------------------------


def spaced(blog: Blog, moment: Moment, **tags: list[str]) -> dict[str, dict[str, Any]]:
    """Posts with others between them, so that none stands beside another."""
    made = {}
    for name, own in tags.items():
        moment.forward(minutes=1)
        made[name] = blog.post(name, slug=name, tags=own)
        moment.forward(minutes=1)
        blog.post(f"between {name}")
    return made


def test_rare_tags_say_more_than_common_ones(blog: Blog, moment: Moment) -> None:
    common = {f"n{number}": ["common"] for number in range(5)}
    spaced(blog, moment, rare=["rare", "common"], **common, it=["rare", "common"], none=["other"])
    found = addresses(blog, "it", "Related posts")
    assert found[0] == "rare"
    assert set(found[1:]) < set(common)
    assert len(found) == 3
    assert addresses(blog, "none", "Related posts") == []
    assert addresses(blog, "rare", "Related posts")[0] == "it"


def test_what_is_hidden_is_not_related(blog: Blog, moment: Moment) -> None:
    blog.post("Draft", tags=["t"], status="draft")
    blog.post("Unlisted", tags=["t"], status="unlisted")
    blog.post("Page", tags=["t"], type="page")
    blog.post("Coming", tags=["t"], published_at=moment.ahead(days=1))
    spaced(blog, moment, one=["t"], two=["t"], it=["T"])
    assert addresses(blog, "it", "Related posts") == ["two", "one"]
    assert "oming" not in blog.get("/posts/one").text


@pytest.mark.parametrize(
    "change", [{"status": "draft"}, {"status": "unlisted"}, {"tags": []}, {"type": "page"}, None]
)
def test_a_related_post_that_leaves_is_named_no_more(
    blog: Blog, moment: Moment, change: dict[str, Any] | None
) -> None:
    made = spaced(blog, moment, one=["t"], two=["t"], it=["t"])
    target = f"/api/posts/{made['two']['id']}"
    got = blog.api("PATCH", target, **change) if change else blog.api("DELETE", target)
    assert got.status in (200, 204)
    assert addresses(blog, "it", "Related posts") == ["one"]
    assert addresses(blog, "one", "Related posts") == ["it"]


def test_a_related_post_is_called_by_its_new_name(blog: Blog, moment: Moment) -> None:
    made = spaced(blog, moment, one=["t"], it=["t"])
    edit(blog, made["one"], title="<New>", slug="new")
    assert around(blog, "it")["Related posts"] == [("/posts/new", "<New>")]


@pytest.mark.parametrize("then", [{"title": "New"}, {"status": "draft"}, {"slug": "new"}])
def test_who_was_related_and_came_to_stand_beside_is_told_of_all_the_same(
    blog: Blog, moment: Moment, then: dict[str, Any]
) -> None:
    made = spaced(blog, moment, one=["t"], it=["t"])
    (between,) = (
        post for post in blog.api("GET", "/api/posts").json["items"] if post["title"] == "between one"
    )
    edit(blog, between, status="draft")
    assert around(blog, "it") | {"Next post": []} == {
        "Previous post": [("/posts/one", "one")],
        "Next post": [],
    }
    edit(blog, made["one"], **then)
    assert "/posts/one" not in blog.get("/posts/it").text or then == {"title": "New"}
    assert ">one<" not in blog.get("/posts/it").text or "slug" in then


def test_another_title_reaches_every_page_that_names_it(engine_blog: Blog, moment: Moment) -> None:
    """Also where those are more than one job tells."""
    tags = [f"t{number}" for number in range(28)]
    post = engine_blog.post("Before", tags=tags)
    for number, tag in enumerate(tags):
        moment.forward(minutes=1)
        engine_blog.post(f"Post {number}", tags=[tag])
    moment.forward(minutes=1)
    engine_blog.api("PATCH", f"/api/posts/{post['id']}", title="Afterwards", slug="afterwards")
    for _ in range(3):
        moment.forward(minutes=1)
        finish_jobs()
    told = [engine_blog.get(f"/posts/post-{number}").text for number in range(28)]
    assert [number for number, text in enumerate(told) if "Before" in text or "Afterwards" not in text] == []
