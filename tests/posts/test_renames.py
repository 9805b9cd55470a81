"""Renames without end: every slug that was ever public leads to its post in one step, or says that it is gone."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.blog import Blog
from tests.faults import at_once

SLUGS = "abcdefg"


def change(blog: Blog, post: dict[str, Any], expect: int = 200, **fields: Any) -> dict[str, Any]:
    got = blog.api("PATCH", f"/api/posts/{post['id']}", **fields)
    assert got.status == expect, got.text
    return dict(got.json)


def read(blog: Blog, post: dict[str, Any]) -> dict[str, Any]:
    return dict(blog.api("GET", f"/api/posts/{post['id']}").json)


class Model:
    """Whose each slug is: what the blog must say, told by the simplest means."""

    def __init__(self, blog: Blog) -> None:
        self.blog = blog
        self.posts: dict[str, dict[str, Any]] = {}
        self.owner: dict[str, str] = {}

    def act(self, dice: random.Random) -> None:
        if len(self.posts) < 2 or (len(self.posts) < 4 and dice.random() < 0.1):
            self.create(dice)
            return
        name = dice.choice([*self.posts])
        what = dice.choice(["rename"] * 6 + ["take over"] * 3 + ["delete", "status", "type"])
        if what in ("rename", "take over"):
            self.rename(name, dice.choice(SLUGS), takes_over=what == "take over")
        elif what == "delete":
            assert self.blog.api("DELETE", f"/api/posts/{name}").status == 204
            self.posts[name]["status"] = "deleted"
        elif what == "type":
            kind = dice.choice(["post", "page"])
            if self.posts[name]["status"] != "deleted":
                self.changed(name, type=kind)
        else:
            self.changed(name, status=dice.choice(["published", "unlisted", "draft"]))

    def create(self, dice: random.Random) -> None:
        slug, takes_over = dice.choice(SLUGS), dice.random() < 0.5
        status = dice.choice(["published", "unlisted", "draft"])
        sent = {"title": "T", "body": "B", "slug": slug, "status": status, "takes_over": takes_over}
        got = self.blog.api("POST", "/api/posts", **sent)
        assert got.status == (201 if self.may_take(slug, "", takes_over) else 409), got.text
        if got.status == 201:
            name, was_public = got.json["id"], status != "draft"
            post = {"slug": slug, "home": slug, "status": status, "type": "post", "was_public": was_public}
            self.posts[name], self.owner[slug] = post, name

    def may_take(self, slug: str, name: str, takes_over: bool) -> bool:
        owner = self.owner.get(slug, name)
        if owner == name:
            return True
        return takes_over and slug not in (self.posts[owner]["slug"], self.posts[owner]["home"])

    def rename(self, name: str, slug: str, *, takes_over: bool) -> None:
        post = self.posts[name]
        if post["status"] == "deleted":
            return
        sent = {"slug": slug, **({"takes_over": True} if takes_over else {})}
        if not self.may_take(slug, name, takes_over):
            change(self.blog, {"id": name}, 409, **sent)
            return
        change(self.blog, {"id": name}, **sent)
        if not post["was_public"]:
            del self.owner[post["home"]]
            post["home"] = slug
        self.owner[slug], post["slug"] = name, slug

    def changed(self, name: str, **fields: str) -> None:
        change(self.blog, {"id": name}, **fields)
        post = self.posts[name]
        post |= fields
        post["was_public"] |= post["status"] in ("published", "unlisted")

    def path(self, post: dict[str, Any]) -> str:
        return f"/{post['slug']}" if post["type"] == "page" else f"/posts/{post['slug']}"

    def check(self) -> None:
        for slug in SLUGS:
            name = self.owner.get(slug)
            post = self.posts[name] if name else {}
            for path in (f"/posts/{slug}", f"/{slug}"):
                got = self.blog.get(path)
                if not name or post["status"] == "draft" or not post["was_public"]:
                    assert got.status == 404, path
                elif post["status"] == "deleted":
                    assert got.status == 410, path
                elif path == self.path(post):
                    assert got.status == 200, path
                else:
                    assert (got.status, got.headers["location"]) == (301, self.path(post)), path
        for name, post in self.posts.items():
            told = self.blog.api("GET", f"/api/posts/{name}").json
            mine = {slug for slug, owner in self.owner.items() if owner == name}
            assert set(told["older_slugs"]) == mine - {post["slug"]}
            assert all(self.owner[one["slug"]] != name for one in told["taken_slugs"])


@pytest.mark.parametrize("seed", range(4))
def test_every_slug_that_was_ever_public_leads_to_its_post_in_one_step(engine_blog: Blog, seed: int) -> None:
    model, dice = Model(engine_blog), random.Random(seed)
    for _ in range(25):
        model.act(dice)
        model.check()


# --- what hangs below a slug -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("?from=elsewhere&x=1", "?from=elsewhere&x=1"),
        ("/comments", "/comments"),
        ("/comments?order=newest", "/comments?order=newest"),
        ("/comments/feed.atom", "/comments/feed.atom"),
        ("/comments/feed.rss", "/comments/feed.rss"),
        ("/comments/feed", "/comments/feed.rss"),
        ("/comments/{reply}", "/comments/{reply}"),
        ("/likes", "/likes"),
    ],
)
def test_what_hangs_below_an_older_slug_leads_below_the_new_one(
    engine_blog: Blog, path: str, leads_to: str
) -> None:
    post = engine_blog.post("A")
    reply = engine_blog.reply("a").partition(".")[2]
    for slug in "bc":
        change(engine_blog, post, slug=slug)
    for old in "ab":
        got = engine_blog.get(f"/posts/{old}{path.format(reply=reply)}")
        assert (got.status, got.headers["location"]) == (301, f"/posts/c{leads_to.format(reply=reply)}")
        assert engine_blog.get(got.headers["location"]).status == 200


@pytest.mark.parametrize("order", ["oldest", "newest"])
def test_a_place_in_a_conversation_is_kept_through_a_rename(engine_blog: Blog, order: str) -> None:
    from tests.comments.threads import grow

    post = engine_blog.post("A")
    grow("a", [None] * 60)
    later = engine_blog.get(f"/posts/a/comments?order={order}", Accept="application/json").json["next"]
    old = later.removeprefix("https://localhost")
    before = engine_blog.get(old, Accept="application/json").json["items"]
    change(engine_blog, post, slug="b")
    got = engine_blog.get(old, Accept="application/json")
    assert (got.status, got.headers["location"].startswith("/posts/b/comments?")) == (301, True)
    after = engine_blog.get(got.headers["location"], Accept="application/json").json["items"]
    assert [one["id"] for one in after] == [one["id"] for one in before] != []


def test_forms_that_are_sent_to_an_older_slug_are_taken(engine_blog: Blog) -> None:
    post = engine_blog.post("A")
    change(engine_blog, post, slug="b")
    assert engine_blog.form("/posts/a/comments", name="Ann", body="By the old address").status == 303
    assert engine_blog.form("/posts/a/likes").headers["location"].startswith("/posts/b/likes")
    assert engine_blog.get("/posts/a/reply").status == 200


def test_a_deleted_post_is_gone_at_each_of_its_slugs_and_comes_back_at_all(blog: Blog) -> None:
    post = blog.post("A")
    blog.reply("a")
    change(blog, post, slug="b")
    below = ["", "/comments", "/comments/feed.atom", "/comments/feed", "/likes", "/reply"]
    blog.api("DELETE", f"/api/posts/{post['id']}")
    for slug in "ab":
        assert [blog.get(f"/posts/{slug}{path}").status for path in below] == [410] * len(below)
        assert blog.form(f"/posts/{slug}/comments", name="Ann", body="x").status == 410
        assert blog.form(f"/posts/{slug}/likes").status == 410
    change(blog, post, status="published")
    assert blog.get("/posts/b").status == 200
    assert blog.get("/posts/a").headers["location"] == "/posts/b"


# --- taking over -----------------------------------------------------------------------------


def test_whose_a_slug_is_and_what_can_be_done_is_said(engine_blog: Blog) -> None:
    first = engine_blog.post("First", slug="a")
    change(engine_blog, first, slug="b")
    change(engine_blog, first, slug="c")
    named = f"post {first['id']} (“First”, "
    for takes_over in (False, True):
        for slug, said in (("a", "first address of"), ("c", "taken: it is the address of")):
            got = engine_blog.api("POST", "/api/posts", title="New", slug=slug, takes_over=takes_over)
            assert got.status == 409
            assert f"{said} {named}published)" in got.json["detail"]
    got = engine_blog.api("POST", "/api/posts", title="New", slug="b")
    assert got.status == 409
    assert f"older address of {named}published)" in got.json["detail"]
    assert "“takes_over”" in got.json["detail"]
    engine_blog.api("DELETE", f"/api/posts/{first['id']}")
    got = engine_blog.api("POST", "/api/posts", title="New", slug="c", takes_over=True)
    assert f"{named}deleted). Its replies and likes are kept there; it can be restored" in got.json["detail"]


def test_a_slug_is_taken_over_knowingly(blog: Blog) -> None:
    first = blog.post("First", slug="a")
    for slug in "bcd":
        change(blog, first, slug=slug)
    second = blog.post("Second", slug="b", takes_over=True)
    third = change(blog, blog.post("Third"), slug="c", takes_over=True)
    assert blog.get("/posts/b").status == blog.get("/posts/c").status == 200
    told = read(blog, first)
    assert told["older_slugs"] == ["a"]
    assert told["taken_slugs"] == [{"slug": "b", "by": second["id"]}, {"slug": "c", "by": third["id"]}]
    assert third["older_slugs"] == ["third"]
    # Its home, and what is its present address, cannot be had back.
    assert change(blog, first, 409, slug="b", takes_over=True)["status"] == 409
    change(blog, third, slug="e")
    assert change(blog, first, slug="c", takes_over=True)["older_slugs"] == ["a", "d"]
    assert read(blog, third)["taken_slugs"] == [{"slug": "c", "by": first["id"]}]


def test_a_draft_takes_a_slug_over_as_its_home(blog: Blog) -> None:
    first = blog.post("First", slug="a")
    for slug in "bc":
        change(blog, first, slug=slug)
    draft = blog.post("Draft", "Its text", status="draft")
    change(blog, draft, slug="b", takes_over=True)
    assert blog.get("/posts/b").status == 404
    change(blog, draft, status="published")
    assert "Its text" in blog.get("/posts/b").text
    assert change(blog, draft, slug="z")["older_slugs"] == ["b"]


def test_takes_over_needs_a_slug(engine_blog: Blog) -> None:
    got = engine_blog.api("POST", "/api/posts", title="A", takes_over=True)
    assert (got.status, got.json["errors"][0]["field"]) == (422, "takes_over")


def test_a_slug_is_taken_over_while_its_post_goes_back_to_it(engine_blog: Blog) -> None:
    for number in range(4):
        first = engine_blog.post("First", slug=f"a{number}")
        for slug in "bc":
            change(engine_blog, first, slug=f"{slug}{number}")
        sent = {"title": "New", "slug": f"b{number}", "takes_over": True}
        taken, back = at_once(
            [
                lambda sent=sent: engine_blog.api("POST", "/api/posts", **sent),
                lambda: engine_blog.api("PATCH", f"/api/posts/{first['id']}", slug=f"b{number}"),
            ]
        )
        assert sorted((taken.status, back.status)) in ([200, 409], [201, 409])
        owner = taken.json["id"] if taken.status == 201 else first["id"]
        assert engine_blog.get(f"/posts/b{number}").status == 200
        assert engine_blog.api("GET", f"/api/posts/{owner}").json["slug"] == f"b{number}"
