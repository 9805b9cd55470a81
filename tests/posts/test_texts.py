"""Long texts: in the bucket where an item could not hold them, rendered by the worker, and never lost."""

from __future__ import annotations

import contextlib
import io
import json
import random
import string
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core import clock, jobs, kept, markup, objects
from chalicelib.core.markup import IN_REQUEST_BYTES, POST_BYTES
from chalicelib.core.problems import Invalid
from chalicelib.posts import rendering, store, texts
from chalicelib.posts.actions import require_post
from chalicelib.posts.editing import content_of
from chalicelib.posts.model import Body, Post
from tests.blog import Blog
from tests.conftest import Moment
from tests.faults import Died, Fault, Faults, Send, at_once, die_after, die_before, forgotten, lost_reply
from tests.lists.standing import finish_jobs

PARAGRAPH = "Some **words** here" + " and then some more, as people write them" * 12 + ".\n\n"


def noise(size: int, seed: int = 1) -> str:
    """Text that hardly deflates, with a heading."""
    chance = random.Random(seed)
    words = ("".join(chance.choices(string.ascii_letters + string.digits, k=9)) for _ in range(size // 10))
    return "# Noise\n\n" + " ".join(words)


def put(blog: Blog, method: str, target: str, text: str, **headers: str) -> Any:
    sent = {"Authorization": f"Bearer {blog.token}", "Content-Type": "text/markdown", **headers}
    return blog.send(method, target, body=text, headers=sent)


def keys_of(blog: Blog) -> set[tuple[str, str]]:
    return {(item["pk"]["S"], item["sk"]["S"]) for item in blog.everything()}


def objects_of(post_id: str) -> set[str]:
    return {one.key for one in objects.under(f"texts/{post_id}/")}


def shown(blog: Blog, slug: str) -> str:
    got = blog.get(f"/posts/{slug}")
    assert got.status == 200
    return got.text


def test_a_text_that_no_item_holds_is_in_the_bucket_and_costs_its_page_one_call_more(
    engine_blog: Blog,
) -> None:
    text = noise(1_500_000)
    got = put(engine_blog, "POST", "/api/posts", f"---\ntitle: Long\n---\n{text}")
    assert got.status == 201, got.text[:300]
    assert got.json["body"] == text
    assert got.json["rendering"] == "waiting"
    assert len(objects_of(got.json["id"])) == 2  # Source and HTML.
    assert text[-40:] in shown(engine_blog, "long")
    small, long = calls(engine_blog, engine_blog.post("Small")["slug"]), calls(engine_blog, "long")
    assert long == small + 1


def calls(blog: Blog, slug: str) -> int:
    kept.pages.forget()
    logged = io.StringIO()
    with contextlib.redirect_stdout(logged):
        shown(blog, slug)
    return int(json.loads(logged.getvalue().splitlines()[-1])["calls"])


def test_the_longest_text_comes_back_to_the_byte_and_a_byte_more_is_refused(engine_blog: Blog) -> None:
    text = ("wörds " * (POST_BYTES // 7 + 1)).encode()[:POST_BYTES].decode(errors="ignore")
    text += "x" * (POST_BYTES - len(text.encode()))
    got = put(engine_blog, "POST", "/api/posts", text)
    assert got.status == 201
    assert got.json["body"] == text
    refused = put(engine_blog, "POST", "/api/posts", text + "x")
    assert refused.status == 413
    assert refused.json["errors"][0]["field"] == "body"


def test_a_long_text_is_shown_at_once_and_rendered_by_the_worker(engine_blog: Blog) -> None:
    text = "# A *long* one\n\n" + PARAGRAPH * (IN_REQUEST_BYTES // len(PARAGRAPH) + 1)
    post = put(engine_blog, "POST", "/api/posts", f"---\ntitle: Long\nslug: long\n---\n{text}").json
    before = engine_blog.get("/posts/long")
    assert "Some **words** here" in before.text
    assert post["rendering"] == "waiting"
    rendering.render(post["id"])
    after = engine_blog.send("GET", "/posts/long", headers={"If-None-Match": before.headers["etag"]})
    assert after.status == 200
    assert "Some <strong>words</strong> here" in after.text
    found = engine_blog.api("GET", f"/api/posts/{post['id']}").json
    assert found["rendering"] == "done"
    assert "**" in post["excerpt"]
    assert "**" not in found["excerpt"]
    assert found["body"] == text
    assert len([item for item in engine_blog.everything() if item["pk"]["S"] == f"R#{post['id']}"]) == 1


def test_the_job_is_noted_with_the_text_and_done_when_its_time_comes(
    engine_blog: Blog, moment: Moment
) -> None:
    text = PARAGRAPH * (IN_REQUEST_BYTES // len(PARAGRAPH) + 1)
    put(engine_blog, "POST", "/api/posts", f"---\nslug: long\ntitle: Long\n---\n{text}")
    moment.forward(minutes=1)
    finish_jobs()
    assert "<strong>words</strong>" in shown(engine_blog, "long")


def test_what_cannot_be_rendered_stays_as_it_was_typed_and_its_author_is_told(engine_blog: Blog) -> None:
    text = "[" * (IN_REQUEST_BYTES + 1000)
    post = put(engine_blog, "POST", "/api/posts", f"---\ntitle: Long\nslug: long\n---\n{text}").json
    rendering.render(post["id"])
    found = engine_blog.api("GET", f"/api/posts/{post['id']}").json
    assert "[[[[" in found["html"]
    assert len(found["rendering"]) > 20, found["rendering"]
    rendering.render(post["id"])
    assert engine_blog.api("GET", f"/api/posts/{post['id']}").json == found


def test_an_edit_meanwhile_wins(engine_blog: Blog) -> None:
    text = PARAGRAPH * (IN_REQUEST_BYTES // len(PARAGRAPH) + 1)
    post = put(engine_blog, "POST", "/api/posts", f"---\ntitle: Long\nslug: long\n---\n{text}").json
    edit = content_of(require_post(post["id"]), text, at_once=True)
    assert engine_blog.api("PATCH", f"/api/posts/{post['id']}", body="Short *now*.").status == 200
    assert edit.body
    assert not rendering._put(edit.post, edit.body)
    rendering.render(post["id"])
    assert "Short <em>now</em>." in shown(engine_blog, "long")


# --- texts that nothing names ----------------------------------------------------------------


def test_objects_that_nothing_names_any_more_go_after_a_while(engine_blog: Blog, monkeypatch: Any) -> None:
    post = put(engine_blog, "POST", "/api/posts", f"---\ntitle: Long\n---\n{noise(600_000)}").json
    objects.put(f"texts/{post['id']}/left", b"x", "application/zlib")
    named = store.texts_named(require_post(post["id"]))
    assert named
    assert rendering.tidy(post["id"]) is not None  # Too young to tell.
    assert objects_of(post["id"]) == named | {f"texts/{post['id']}/left"}
    now = clock.now()
    monkeypatch.setattr(clock, "precisely", lambda: now + texts.UNSURE * 2)
    assert rendering.tidy(post["id"]) is None
    assert objects_of(post["id"]) == named
    assert engine_blog.api("GET", f"/api/posts/{post['id']}").json["body"].startswith("# Noise")


@pytest.mark.parametrize("how", [die_before, die_after])
def test_a_crash_at_any_call_leaves_a_whole_post_or_none(
    engine_blog: Blog, faults: Faults, how: Callable[[], Fault]
) -> None:
    text = noise(700_000)
    for number in range(60):
        slug = f"long-{number}"
        document = f"---\ntitle: Long\nslug: {slug}\n---\n{text}"
        faults.clear()
        faults.on("*", how(), skip=number)
        try:
            got = put(engine_blog, "POST", "/api/posts", document)
        except Died:
            faults.clear()
            found = engine_blog.get(f"/posts/{slug}")
            assert found.status in (200, 404)
            assert found.status == 404 or text[-50:] in found.text
            again = put(engine_blog, "POST", "/api/posts", document)
            assert again.status == (409 if found.status == 200 else 201), again.text[:200]
            assert text[-50:] in shown(engine_blog, slug)
            continue
        assert got.status == 201
        assert number > 10
        return
    raise AssertionError("it never came to an end")


def test_a_refused_slug_leaves_nothing_behind(engine_blog: Blog) -> None:
    engine_blog.post("Taken", slug="taken")
    before = engine_blog.everything()
    assert engine_blog.api("POST", "/api/posts", title="Another", slug="taken").status == 409
    assert engine_blog.everything() == before


def test_a_slug_that_another_post_takes_meanwhile_leaves_nothing_behind(
    engine_blog: Blog, faults: Faults
) -> None:
    def take(request: Any, send: Send) -> Any:
        at_once([lambda: engine_blog.post("First", "The first one.", slug="one")])
        taken.update(keys_of(engine_blog))
        return send(request)

    taken = set[tuple[str, str]]()
    faults.on("TransactWriteItems", take)
    got = engine_blog.api("POST", "/api/posts", title="Second", body="The second one.", slug="one")
    assert got.status == 409
    assert (
        len(taken - keys_of(engine_blog)) == 2
    )  # Its revision and its id; the body under that slug is the first one's.
    assert not keys_of(engine_blog) - taken
    assert "The first one." in shown(engine_blog, "one")


def test_a_post_whose_answer_was_lost_and_that_somebody_changed_is_not_taken_back(
    engine_blog: Blog, faults: Faults
) -> None:
    def change(request: Any, send: Send) -> Any:
        try:
            return lost_reply()(request, send)
        finally:
            home = store.find_card("new")
            assert isinstance(home, Post)
            at_once([lambda: engine_blog.api("PATCH", f"/api/posts/{home.id}", title="Changed")])
            faults.on("TransactWriteItems", forgotten())

    faults.on("TransactWriteItems", change)
    got = engine_blog.api("POST", "/api/posts", title="New", body="It stays.", slug="new")
    assert got.status == 201
    assert "It stays." in shown(engine_blog, "new")
    assert engine_blog.api("GET", f"/api/posts/{got.json['id']}").json["title"] == "Changed"


def test_what_the_site_has_no_room_for_leaves_nothing_behind(
    engine_blog: Blog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.posts.changes.MOST_PINNED", 0)
    before = keys_of(engine_blog)
    got = engine_blog.api("POST", "/api/posts", title="One too many", pinned=True)
    assert got.status == 422
    assert "pinned already" in got.text
    assert keys_of(engine_blog) == before


def test_what_was_left_under_a_slug_does_not_keep_a_post_from_it(engine_blog: Blog, faults: Faults) -> None:
    faults.on("TransactWriteItems", die_before())
    with pytest.raises(Died):
        engine_blog.api("POST", "/api/posts", title="Left", slug="left", body="Left behind.")
    faults.clear()
    assert engine_blog.get("/posts/left").status == 404
    assert engine_blog.api("POST", "/api/posts", title="New", slug="left", body="Here now.").status == 201
    assert "Here now." in shown(engine_blog, "left")


# --- another release -------------------------------------------------------------------------


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> int:
    """The renderer of another release."""
    number = markup.RENDERER + 1
    for module in (markup, rendering):
        monkeypatch.setattr(module, "RENDERER", number)
    monkeypatch.setattr("chalicelib.posts.editing.RENDERER", number)
    monkeypatch.setattr("chalicelib.settings.actions.RENDERER", number)
    made = markup.render_post

    def render(source: str, language: str = "en") -> markup.Rendered:
        rendered = made(source, language)
        return type(rendered)(rendered.html.replace("old", "new"), *list(_rest(rendered)))

    def _rest(rendered: Any) -> list[Any]:
        return [getattr(rendered, name) for name in type(rendered).__dataclass_fields__ if name != "html"]

    monkeypatch.setattr(markup, "render_post", render)
    return number


def test_what_an_older_renderer_made_is_shown_as_it_is_and_renewed_by_jobs(
    engine_blog: Blog, moment: Moment, request: pytest.FixtureRequest
) -> None:
    from chalicelib.core import events
    from chalicelib.settings.actions import begin_renewal, fresh_site

    slugs = [engine_blog.post(f"Post {at}", "An old text.")["slug"] for at in range(30)]
    engine_blog.post("Draft", "An old draft.", status="draft")
    engine_blog.post("About", "An old page.", type="page")
    request.getfixturevalue("newer")
    before = engine_blog.get(f"/posts/{slugs[0]}")
    assert "An old text." in before.text
    events.use(begin_renewal)
    moment.forward(minutes=1)
    for _ in range(12):
        events.run_tick(30)
        moment.forward(minutes=1)
    for slug in slugs:
        assert "An new text." in shown(engine_blog, slug)
    assert "An new page." in engine_blog.get("/about").text
    again = engine_blog.send("GET", f"/posts/{slugs[0]}", headers={"If-None-Match": before.headers["etag"]})
    assert again.status == 200
    assert fresh_site().renderer == markup.RENDERER
    assert not jobs.run_due(5)


def test_what_an_unsafe_renderer_made_is_rendered_within_the_request(
    engine_blog: Blog, monkeypatch: pytest.MonkeyPatch, newer: int
) -> None:
    post = engine_blog.post("Open", "An old text.")
    assert "An new text." in shown(engine_blog, post["slug"])
    body = store.read_body("open")
    assert body
    stored = Body.of("<p>An unsafe text.</p>", newer - 1, post_revision(post))
    rendering._put(require_post(post["id"]), stored)
    assert "An unsafe text." in shown(engine_blog, "open")
    monkeypatch.setattr("chalicelib.posts.actions.UNSAFE_RENDERERS", frozenset({newer - 1}))
    engine_blog.api("PATCH", f"/api/posts/{post['id']}", tags=["a"])
    for target in ("/posts/open", "/feed.atom", "/feed.json", f"/api/posts/{post['id']}"):
        text = engine_blog.api("GET", target).text
        assert "unsafe" not in text, target
        assert "An new text." in text, target


def test_what_an_unsafe_renderer_made_is_not_kept_where_a_newer_one_refuses_the_text(
    engine_blog: Blog, monkeypatch: pytest.MonkeyPatch, newer: int
) -> None:
    def refuse(source: str, language: str = "en") -> markup.Rendered:
        raise Invalid("body", "It is refused by now.")

    post = engine_blog.post("Open", "A *text*.")
    unsafe = Body.of("<p>An unsafe text.</p>", newer - 1, post_revision(post))
    rendering._put(require_post(post["id"]), unsafe)
    monkeypatch.setattr("chalicelib.posts.actions.UNSAFE_RENDERERS", frozenset({newer - 1}))
    monkeypatch.setattr(markup, "render_post", refuse)
    assert "A *text*." in engine_blog.api("GET", f"/api/posts/{post['id']}").json["html"]
    rendering.render(post["id"])
    assert "A *text*." in shown(engine_blog, "open")
    assert "refused by now" in engine_blog.api("GET", f"/api/posts/{post['id']}").json["rendering"]


def post_revision(post: dict[str, Any]) -> int:
    return require_post(post["id"]).revision


# --- what no answer holds --------------------------------------------------------------------


@pytest.mark.parametrize("text", ["<" * 1_500_000, "x" + "\n" * 1_990_000, "ب" * 1_000_000, "\\" * 1_500_000])
def test_a_text_that_no_answer_could_hold_is_refused_and_leaves_nothing(engine_blog: Blog, text: str) -> None:
    """The platform answers 502 in its place: to its author after it was written, then to every reader."""
    got = put(engine_blog, "POST", "/api/posts", text)
    assert got.status == 422, got.text[:200]
    assert "longer than an answer can be" in got.json["detail"]
    assert engine_blog.api("GET", "/api/posts").json["items"] == []


def test_html_that_fits_no_answer_beside_its_text_is_left_out_of_it(engine_blog: Blog) -> None:
    text = "&amp; words " * 150_000
    got = put(engine_blog, "POST", "/api/posts", text + "<" * 250_000, **{"Content-Type": "text/markdown"})
    assert got.status == 201, got.text[:200]
    assert (got.json["html"], got.json["rendering"]) == (None, "waiting")
    read = engine_blog.api("GET", f"/api/posts/{got.json['id']}")
    assert (read.status, read.json["html"]) == (200, None)
    assert read.json["body"] == text + "<" * 250_000
    assert engine_blog.get(f"/posts/{got.json['slug']}").status == 200
