"""The author's pages about what a post was before."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.settings.actions import forget_site
from tests import page
from tests.blog import Blog, Got
from tests.moderation.desks import Desk
from tests.publishing.test_revisions import edit, numbers, target

AUTHOR = ("moderate", "read", "update")


@pytest.fixture
def desk(engine_blog: Blog) -> Desk:
    return Desk(engine_blog, scopes=AUTHOR)


@pytest.fixture
def post(engine_blog: Blog) -> dict[str, Any]:
    """Of three versions."""
    post = engine_blog.post("The <b>title</b>", "Kept.\n\nThe cat & the <i>dog</i> sat.\n", summary="Short")
    edit(engine_blog, post, body="Kept.\n\nThe cow & the <i>dog</i> sat.\n")
    edit(engine_blog, post, title="Another", body="Kept.\n\nThe cow & the <i>dog</i> sat.\n\nNew.\n")
    return post


def at(post: dict[str, Any], number: int | str = "") -> str:
    return f"/moderate/posts/{post['id']}/revisions{f'/{number}' if number else ''}"


def send(desk: Desk, post: dict[str, Any], number: int, fields: dict[str, str], **headers: str) -> Got:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return desk.blog.send("POST", at(post, number), body=urlencode(fields), headers=desk.headers | named)


def fields_of(desk: Desk, action: str) -> dict[str, str]:
    """What the form of that address would send."""
    tree = page.parse(desk.got.text)
    form = next(one for one in tree.iter("form") if one.get("action") == action)
    return {one.attrib["name"]: one.attrib["value"] for one in form.iter("input")}


def restore(desk: Desk, post: dict[str, Any], number: int) -> Got:
    """By the button of its page."""
    desk.open(at(post, number))
    return send(desk, post, number, fields_of(desk, at(post, number)))


def changes(text: str) -> list[tuple[str, str]]:
    """What is marked as gone and as new, in its order."""
    tree = page.parse(text)
    return [(one.tag, "".join(one.itertext())) for one in tree.iter() if one.tag in ("del", "ins")]


# --- who may ---------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["", 1])
def test_who_is_not_signed_in_is_led_to_the_sign_in(
    engine_blog: Blog, post: dict[str, Any], number: int | str
) -> None:
    got = engine_blog.get(at(post, number))
    assert (got.status, got.headers["location"]) == (303, "/moderate")
    assert engine_blog.form(at(post, 1), version="3").status == 303
    assert numbers(engine_blog, post) == [3, 2, 1]


@pytest.mark.parametrize("slug", ["first", "abcdefghjkmnp", "Abcdefghjkmnp", "third"])
def test_a_slug_leads_to_the_versions_of_its_post(desk: Desk, slug: str) -> None:
    post = desk.blog.post("A post", "Text", slug="first")
    for name in ("abcdefghjkmnp", "third"):
        edit(desk.blog, post, slug=name)
    got = desk.open(f"/moderate/posts/{slug}/revisions")
    assert (got.status, got.headers["location"]) == (303, at(post))


@pytest.mark.parametrize("slug", ["nothing", "x" * 121, "x" * 3_000, "%00", "a%20b"])
def test_a_slug_of_no_post_leads_nowhere(desk: Desk, slug: str) -> None:
    assert desk.open(f"/moderate/posts/{slug}/revisions").status == 404
    assert desk.blog.get("/moderate/posts/nothing/revisions").status == 303


@pytest.mark.parametrize("number", ["", 1])
def test_the_pages_are_kept_by_nobody(desk: Desk, post: dict[str, Any], number: int | str) -> None:
    for method in ("GET", "HEAD"):
        got = desk.blog.send(method, at(post, number), headers={"Cookie": desk.cookie})
        assert (got.status, got.headers["cache-control"]) == (200, "no-store")
        assert got.headers["referrer-policy"] == "no-referrer"
    assert '<meta name="robots" content="noindex">' in desk.open(at(post, number)).text


def test_a_token_needs_read_to_read_and_update_to_restore(engine_blog: Blog, post: dict[str, Any]) -> None:
    blind = Desk(engine_blog, scopes=("moderate",))
    for got in (blind.open(at(post)), blind.open(at(post, 1))):
        assert got.status == 403
        assert "“read”" in got.text
        assert "Another" not in got.text
    reader = Desk(engine_blog, scopes=("moderate", "read"))
    assert "Restore" not in reader.open(at(post, 1)).text
    got = send(reader, post, 1, {"mark": reader.mark, "version": "3"})
    assert (got.status, "“update”" in got.text) == (403, True)
    assert numbers(engine_blog, post) == [3, 2, 1]
    writer = Desk(engine_blog, scopes=("moderate", "update"))
    for fields in ({"mark": writer.mark, "version": "1"}, {"mark": "x", "version": "3"}):
        # The page that says why nothing was restored would show the texts.
        got = send(writer, post, 1, fields)
        assert (got.status, "“read”" in got.text, "dog" in got.text) == (403, True, False)


@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({"mark": "0" * 32, "version": "3"}, {}),
        ({"version": "3"}, {}),
        ({"mark": "right", "version": "3"}, {"Sec_Fetch_Site": "cross-site"}),
    ],
)
def test_a_form_from_elsewhere_restores_nothing(
    desk: Desk, post: dict[str, Any], fields: dict[str, str], headers: dict[str, str]
) -> None:
    desk.open(at(post, 1))
    if fields.get("mark") == "right":
        fields = {**fields, "mark": desk.mark}
    got = send(desk, post, 1, fields, **headers)
    assert got.status == 403
    assert "nothing was changed" in got.text
    assert numbers(desk.blog, post) == [3, 2, 1]


@pytest.mark.parametrize("path", ["/moderate/posts/0000000000000/revisions", "/moderate/posts/x/revisions/1"])
def test_what_is_not_there_is_not_found(desk: Desk, path: str) -> None:
    assert desk.open(path).status == 404


# --- what they show --------------------------------------------------------------------------


def test_versions_are_listed_with_what_changed_in_them(desk: Desk, post: dict[str, Any]) -> None:
    text = desk.open(at(post)).text
    entries = [page.words(one) for one in page.parse(text).iter("li") if "Version" in page.words(one)]
    assert [" ".join(one.split()[:2]) for one in entries] == ["Version 3", "Version 2", "Version 1"]
    assert ["shown now" in one for one in entries] == [True, False, False]
    assert [one.partition("Changed: ")[2] for one in entries] == [
        "title, text.",
        "text.",
        "title, summary, text.",
    ]
    assert "by the token “the tests”" in entries[0]
    assert f'href="{at(post, 2)}"' in text
    assert f'href="/posts/{post["slug"]}"' in text


def test_a_long_history_has_pages(desk: Desk, monkeypatch: pytest.MonkeyPatch, post: dict[str, Any]) -> None:
    monkeypatch.setattr("chalicelib.publishing.revision_pages.A_PAGE", 2)
    text = desk.open(at(post)).text
    older = next(one for one in page.addresses(text) if "after=" in one)
    assert (at(post, 2) in text, at(post, 1) in text) == (True, False)
    assert at(post, 1) in desk.open(older).text
    assert desk.open(f"{at(post)}?after=x").status == 400


def test_what_changed_is_marked_word_by_word_and_escaped(desk: Desk, post: dict[str, Any]) -> None:
    text = desk.open(at(post, 2)).text
    assert changes(text) == [("del", "cat"), ("ins", "cow")]
    assert "The <del>cat</del><ins>cow</ins> &amp; the &lt;i&gt;dog&lt;/i&gt; sat." in text
    assert "What changed since Version 1" in text
    assert changes(desk.open(at(post, 3)).text) == [
        ("del", "The <b>title</b>"),
        ("ins", "Another"),
        ("ins", "\nNew.\n"),
    ]
    assert changes(desk.open(f"{at(post, 3)}?against=3").text) == []
    assert "Nothing is different." in desk.got.text
    assert [kind for kind, _ in changes(desk.open(at(post, 1)).text)] == ["ins"] * 3


def test_spaces_and_line_ends_that_changed_can_be_seen(desk: Desk) -> None:
    post = desk.blog.post("T", "One two three four\n")
    edit(desk.blog, post, body="One two three  four\n\n")
    assert changes(desk.open(at(post, 2)).text) == [("del", "·"), ("ins", "··"), ("ins", "¶\n")]


def test_a_text_is_never_run(desk: Desk) -> None:
    post = desk.blog.post("T", "<script>alert(1)</script>")
    edit(desk.blog, post, title="<script>alert(2)</script>", body='"><img src=x onerror=alert(3)>')
    for path in (at(post), at(post, 1), at(post, 2), f"{at(post, 1)}?against=2"):
        text = desk.open(path).text
        assert not [tag for tag in ("<script", "<img") if tag in text]


def test_a_page_of_a_long_text_has_a_bound(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.publishing.revision_views.MOST_SHOWN", 4000)
    monkeypatch.setattr("chalicelib.publishing.revision_pages.MOST_SHOWN", 4000)
    post = desk.blog.post("T", "long " * 2000)
    edit(desk.blog, post, body="other " * 2000)
    text = desk.open(at(post, 2)).text
    assert text.count("The API tells all of it.") == 2
    assert len(text) < 12_000


def test_what_differs_in_too_many_lines_is_not_shown(desk: Desk) -> None:
    post = desk.blog.post("T", "a\n" * 30_000)
    edit(desk.blog, post, body="b\n" * 30_000, title="U")
    text = desk.open(at(post, 2)).text
    assert "The API tells all of it." in text.partition("<details>")[0]
    assert "<ins>U</ins>" in text


def test_they_speak_the_language_of_the_blog(desk: Desk, post: dict[str, Any]) -> None:
    desk.blog.api("PATCH", "/api/settings", language="ar")
    forget_site()
    assert "استعد هذه النسخة" in desk.open(at(post, 1)).text
    assert "نسخ تدوينة" in desk.open(at(post)).text


# --- restoring -------------------------------------------------------------------------------


def test_a_button_restores_a_version(desk: Desk, post: dict[str, Any]) -> None:
    got = restore(desk, post, 1)
    assert (got.status, got.headers["location"]) == (303, f"{at(post)}?restored=4")
    assert "Version 4 is shown from now on." in desk.open(got.headers["location"]).text
    now = desk.blog.api("GET", target(post)).json
    assert (now["title"], now["body"]) == (post["title"], post["body"])
    assert desk.blog.api("GET", target(post, "/revisions/4")).json["by"] == "desk"
    assert "is shown from now on" not in desk.open(f"{at(post)}?restored=2").text


def test_the_version_that_is_shown_has_no_button(desk: Desk, post: dict[str, Any]) -> None:
    assert "Restore" not in desk.open(at(post, 3)).text
    desk.blog.api("DELETE", target(post))
    assert "Restore" not in desk.open(at(post, 1)).text


def test_a_post_that_changed_meanwhile_is_looked_at_again(desk: Desk, post: dict[str, Any]) -> None:
    desk.open(at(post, 1))
    fields = fields_of(desk, at(post, 1))
    edit(desk.blog, post, body="Meanwhile.")
    got = send(desk, post, 1, fields)
    assert got.status == 412
    assert "has changed in the meantime" in got.text
    assert numbers(desk.blog, post) == [4, 3, 2, 1]
    assert restore(desk, post, 1).status == 303


def test_a_deleted_post_says_so(desk: Desk, post: dict[str, Any]) -> None:
    desk.open(at(post, 1))
    fields = fields_of(desk, at(post, 1))
    desk.blog.api("DELETE", target(post))
    got = send(desk, post, 1, {**fields, "version": "4"})
    assert (got.status, "The post is deleted" in got.text) == (409, True)


@pytest.mark.parametrize("version", ["", "x", "-1", "٣", "9" * 12])
def test_a_form_without_a_version_is_refused(desk: Desk, post: dict[str, Any], version: str) -> None:
    desk.open(at(post, 1))
    assert send(desk, post, 1, {"mark": desk.mark, "version": version}).status == 400
    assert numbers(desk.blog, post) == [3, 2, 1]


def test_the_page_of_a_comment_leads_to_them(desk: Desk, post: dict[str, Any]) -> None:
    full_id = desk.blog.reply(post["slug"])
    assert f'href="{at(post)}"' in desk.open(f"/moderate/comments/{full_id}").text
