"""No payload that a reader or the author types adds anything active to a page, by an HTML5 parser.

Pages are compared with a harmless one: the same elements, attributes and kinds of address.
(What Markdown makes of payloads is judged beside `core.markup`.)
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chalicelib.comments.model import COMMENT_FIELDS
from chalicelib.core.problems import Invalid
from chalicelib.posts.model import POST_FIELDS
from tests import page
from tests.blog import Blog

FILE = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "xss.jsonl"
AT_ONCE = 45
ACTIVE = {
    "iframe",
    "object",
    "embed",
    "svg",
    "math",
    "base",
    "frame",
    "applet",
    "style",
    "template",
}
URLS = ("href", "src", "action", "formaction", "srcset", "poster", "data")


def payloads() -> list[str]:
    if not FILE.exists():
        pytest.skip(f"the corpus of payloads is not beside this checkout ({FILE.parent.name}/{FILE.name})")
    return [json.loads(line)["payload"] for line in FILE.read_text().splitlines()]


def accepted(fields: Any, field: str) -> list[str]:
    """The payloads that a field lets in, each once, on one line."""

    def is_taken(payload: str) -> bool:
        try:
            fields.read({field: payload})
        except Invalid:
            return False
        return bool(payload)

    shortened = {" ".join(payload.split())[:90] for payload in payloads()}
    return sorted(payload for payload in shortened if is_taken(payload))


def assert_harmless(html: str) -> None:
    for element in page.parse(html).iter():
        assert element.tag not in ACTIVE
        if element.tag == "script":
            # Data, which no browser runs; and nothing in it has ended the element.
            assert element.attrib == {"type": "application/ld+json"}
            json.loads(element.text)
            continue
        for name, value in element.attrib.items():
            assert not name.lower().startswith("on"), f"{element.tag} {name}={value}"
            assert name not in ("style", "srcdoc", "xmlns", "is")
            if name in URLS:
                assert value.startswith(("/", "#", "https://", "http://", "mailto:")), (
                    f"{element.tag} {name}={value}"
                )


def outline(html: str, within: str | None = None) -> list[tuple[Any, list[str]]]:
    """Elements and attribute names, in order; of the element with an id or name, or of the whole page."""
    found = page.parse(html)
    inside = next(each for each in found.iter() if within in (each.get("id"), each.tag)) if within else found
    return [(element.tag, sorted(element.attrib)) for element in inside.iter()]


def test_names_and_websites_of_readers_add_nothing(engine_blog: Blog) -> None:
    names, sites = accepted(COMMENT_FIELDS, "name"), accepted(COMMENT_FIELDS, "website")
    assert len(names) > 500
    chosen = names[:: max(1, len(names) // 90)]
    for start in range(0, len(chosen), AT_ONCE):
        slug, plain = (engine_blog.post("Open")["slug"] for _ in range(2))
        for number, name in enumerate(chosen[start : start + AT_ONCE]):
            site = sites[(start + number) % len(sites)] if sites else "https://a.example"
            engine_blog.reply(slug, f"Words {number}", name=name, website=site)
            engine_blog.reply(plain, f"Words {number}", name="Ann", website="https://a.example")
        got = engine_blog.get(f"/posts/{slug}").text
        assert_harmless(got)
        other = engine_blog.get(f"/posts/{plain}").text
        assert outline(got, "conversation") == outline(other, "conversation")


def test_titles_and_tags_and_summaries_of_posts_add_nothing(engine_blog: Blog) -> None:
    engine_blog.api("PATCH", "/api/settings", posts_per_page=50)
    titles = accepted(POST_FIELDS, "title")
    chosen = titles[:: len(titles) // 48][:48]
    engine_blog.post("What stands before the next")
    engine_blog.post("Plain", "Words", summary="Words", tags=["tag"])
    parts = ("head", "article")
    plain = [outline(engine_blog.get("/posts/plain").text, part) for part in parts]
    for at, title in enumerate(chosen):
        engine_blog.post(title, "Words", summary=title, tags=[f"{title[:40]}x"], slug=f"post-{at}")
        got = engine_blog.get(f"/posts/post-{at}").text
        assert_harmless(got)
        assert [outline(got, part) for part in parts] == plain
    assert_harmless(engine_blog.get("/").text)


def test_settings_of_the_site_add_nothing(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    targets = ("/", "/posts/open", "/none/of/it")
    plain = None
    for payload in ["Plain", *[p for p in accepted(POST_FIELDS, "title") if "<" in p][::60]]:
        engine_blog.api("PATCH", "/api/settings", title=payload, author=payload, description=payload)
        got = [engine_blog.get(target).text for target in targets]
        for html in got:
            assert_harmless(html)
        plain = plain or [outline(html) for html in got]
        assert [outline(html) for html in got] == plain


def test_a_rejected_form_shows_payloads_as_text(engine_blog: Blog) -> None:
    engine_blog.post("Open")
    plain = None
    for payload in ["plain", *payloads()[::25]]:
        sent = {"name": payload, "body": payload, "website": payload, "email": "not one", "parent": ""}
        got = engine_blog.form("/posts/open/comments", **sent)
        assert got.status in (413, 422)
        assert_harmless(got.text)
        shape = [tag for tag, _ in outline(got.text) if tag not in ("li", "a", "span")]
        plain = plain or shape
        assert shape == plain


def test_addresses_show_payloads_as_text(engine_blog: Blog) -> None:
    from urllib.parse import quote

    for payload in payloads()[::40]:
        part = quote(payload[:200], safe="")
        for target in (f"/{part}/x", f"/posts/{part}", f"/?{part}=1", f"/?after={part}"):
            assert_harmless(engine_blog.get(target).text)
