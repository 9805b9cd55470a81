"""How the blog looks, as far as its author decides: colours, the stylesheet, themes, the head."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core import clock, kept, pages, words
from chalicelib.core.colours import custom_properties
from chalicelib.core.problems import Forbidden, NotFound
from chalicelib.core.requests import Request
from chalicelib.settings.actions import current_site, faint_colours, given_colours
from chalicelib.settings.model import FIXED, LOOK, SETTINGS, STYLE, Link, PageLink, Site
from chalicelib.settings.pages import _stylesheet, error_page, navigation, style_css, stylesheet
from dev.bundle.templates import compile_templates
from tests import page
from tests.blog import Blog
from tests.conftest import Moment
from tests.core.test_pages import CACHES

CSS = (pages.TEMPLATES / "assets/style.css").read_text()


def asked(path: str = "/", root: str = "") -> Request:
    return Request("1", "GET", path, path, root, "https://blog.example", {"accept": "text/html"}, {}, b"", "")


# --- colours -----------------------------------------------------------------------------------


def test_the_given_colours_are_those_of_the_stylesheet() -> None:
    given = custom_properties(CSS)
    assert {name: given[name] for name in (*LOOK, *FIXED)} == {**LOOK, **FIXED}
    assert "--measure: 37rem" in CSS
    assert "--serif:" in CSS


@pytest.mark.parametrize("theme", ["", *sorted(pages.themes())])
def test_text_can_be_read_in_every_theme(theme: str) -> None:
    assert faint_colours(Site(theme=theme)) == []


@pytest.mark.parametrize(
    ("style", "faint"),
    [
        ({}, []),
        ({"line": "#fdfcf9"}, []),
        ({"accent": "#747474", "tint": "#ffffff"}, []),
        ({"accent": "#757575", "tint": "#ffffff"}, ["“accent” on “paper” has a contrast of 4.4"]),
        ({"seen": "#777777", "tint": "#ffffff"}, ["“seen” on “paper” has a contrast of 4.3"]),
        ({"quiet": "#747474"}, ["“quiet” on “tint” has a contrast of 4.1"]),
        (
            {"ink_dark": "#555555"},
            ["“ink_dark” on “paper_dark”", "“ink_dark” on “tint_dark”", "“ink_dark” on “mark"],
        ),
        (
            {"tint_dark": "#ece7dd"},
            [f"“{name}_dark” on “tint_dark”" for name in "ink quiet accent seen".split()],
        ),
        (
            {"paper": "#161513"},
            [f"“{name}” on “paper”" for name in "ink quiet accent seen alert leaf amber".split()],
        ),
        ({"paper": "#000000", "paper_dark": "#ffffff"}, ["“ink” on “paper”", "“ink_dark” on “paper_dark”"]),
        ({"ink": "#a0a0a0"}, ["“ink” on “paper”", "“ink” on “tint”", "“ink” on “mark”"]),
    ],
)
def test_faint_colours_are_named(style: dict[str, str], faint: list[str]) -> None:
    found = faint_colours(Site(style=style))
    assert bool(found) == bool(faint)
    for says in faint:
        assert any(sentence.startswith(says) for sentence in found), (says, found)


def test_colours_stand_on_those_of_the_theme() -> None:
    """On the white of this theme a grey is just dark enough that is not on the given cream."""
    style = {"accent": "#757575", "tint": "#ffffff"}
    assert faint_colours(Site(style=style))
    assert not faint_colours(Site(theme="ledger", style=style))


def test_a_theme_is_refused_that_would_make_set_colours_faint(engine_blog: Blog) -> None:
    style = {"accent": "#757575", "tint": "#ffffff"}
    assert engine_blog.api("PATCH", "/api/settings", theme="ledger", style=style).status == 200
    got = engine_blog.api("PATCH", "/api/settings", theme="")
    assert (got.status, got.json["errors"][0]["field"]) == (422, "theme")
    assert engine_blog.api("PATCH", "/api/settings", theme="", style={}).status == 200


# --- the stylesheet ----------------------------------------------------------------------------


def test_the_given_stylesheet_is_the_asset() -> None:
    assert stylesheet(Site()) == (pages.asset_name("style", ".css"), CSS)


def test_what_is_set_comes_after_the_theme_and_before_print() -> None:
    style = {"accent": "#123456", "accent_dark": "#abcdef", "font": "Inter", "measure": "40rem"}
    name, css = stylesheet(Site(theme="ledger", style=style))
    order = [
        css.index("--accent: #0b5f8a"),
        css.index("--accent: #b0261b"),
        css.index(":root { --serif: Inter; --measure: 40rem }"),
        css.index("@media (prefers-color-scheme: light) { :root { --accent: #123456 } }"),
        css.index("@media (prefers-color-scheme: dark) { :root { --accent: #abcdef } }"),
        css.rindex("@media (prefers-contrast: more) { :root { --quiet: var(--ink)"),
        css.index("@media print"),
    ]
    assert order == sorted(order)
    assert re.fullmatch(r"style-[0-9a-f]{8}\.css", name)
    assert css.replace(pages.theme_css("ledger"), "").startswith(CSS.partition("@media print")[0])
    assert css.endswith(CSS.partition("@media print")[2])


def test_another_style_has_another_name() -> None:
    looks: list[dict[str, Any]] = [
        {},
        {"theme": "ledger"},
        {"style": {"line": "#111111"}},
        {"style": {"line": "#111112"}},
        {"style": {"line_dark": "#111111"}},
        {"theme": "ledger", "style": {"line": "#111111"}},
    ]
    assert len({stylesheet(Site(**look))[0] for look in looks}) == len(looks)
    assert stylesheet(Site(style={"line": "#111111"})) is stylesheet(
        Site(title="B", style={"line": "#111111"})
    )
    assert stylesheet(Site(theme="gone")) == stylesheet(Site())


def test_nothing_set_is_nothing_said() -> None:
    assert style_css({}) == ""
    assert (
        style_css({"ink": "#000000"}) == "@media (prefers-color-scheme: light) { :root { --ink: #000000 } }\n"
    )


def test_pages_link_the_stylesheet_of_their_settings(engine_blog: Blog) -> None:
    for fields in ({}, {"style": {"accent": "#123456"}}, {"theme": "ledger"}):
        engine_blog.api("PATCH", "/api/settings", **fields)
        assert f'href="/assets/{stylesheet(current_site())[0]}"' in engine_blog.get("/").text


# --- themes ------------------------------------------------------------------------------------


@pytest.fixture(params=["sources", "compiled"])
def prepared(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The templates as they are, or as the bundle has them."""
    if request.param == "compiled":
        compile_templates(tmp_path)
    monkeypatch.setattr(pages, "COMPILED", tmp_path if request.param == "compiled" else tmp_path / "none")
    forget()
    yield
    monkeypatch.undo()
    forget()


def forget() -> None:
    kept.pages.forget()
    for cache in (*CACHES, _stylesheet, given_colours):
        cache.cache_clear()


def test_a_theme_changes_pages(prepared: None, engine_blog: Blog) -> None:
    engine_blog.post("First", "Words of the first.")
    given = engine_blog.get("/").text
    engine_blog.api("PATCH", "/api/settings", theme="ledger")
    themed = engine_blog.get("/").text
    assert "Words of the first." in given
    assert 'class="rows"' not in given
    assert "Words of the first." not in themed
    (row,) = page.classed(themed, "rows")
    assert page.words(row).startswith("First")
    assert engine_blog.get("/posts/first").status == 200
    engine_blog.api("PATCH", "/api/settings", theme="")
    assert engine_blog.get("/").text == given


def test_an_empty_blog_has_a_sentence_in_every_theme(prepared: None, engine_blog: Blog) -> None:
    for theme in ("", *sorted(pages.themes())):
        engine_blog.api("PATCH", "/api/settings", theme=theme)
        assert page.words(next(page.classed(engine_blog.get("/").text, "empty")))


def test_every_theme_turns_its_pages(prepared: None, engine_blog: Blog) -> None:
    for number in range(3):
        engine_blog.post(f"Post {number}")
    for theme in ("", *sorted(pages.themes())):
        engine_blog.api("PATCH", "/api/settings", theme=theme, posts_per_page=1)
        older = page.link(engine_blog.get("/").text, "next")
        assert older
        assert page.link(engine_blog.get(older).text, "prev")


def test_a_theme_that_is_gone_is_the_given_look(
    prepared: None, engine_blog: Blog, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = engine_blog.get("/").text
    engine_blog.api("PATCH", "/api/settings", theme="ledger")
    assert engine_blog.get("/").text != given
    monkeypatch.setattr(pages, "themes", frozenset)
    forget()
    assert without_theme_colour(engine_blog.get("/").text) == without_theme_colour(given)


def without_theme_colour(html: str) -> str:
    return re.sub(r'<meta name="theme-color"[^>]*>\n', "", html)


# --- the head of a page ------------------------------------------------------------------------

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PAGES = {
    "b": PageLink("now", "Now", NOON),
    "a": PageLink("über-mich", "About me", NOON - timedelta(days=1)),
    "c": PageLink("soon", "Soon", NOON + timedelta(seconds=1)),
}


def test_static_pages_stand_in_the_head_once_they_are_public(moment: Moment) -> None:
    links = navigation(asked("/now", root="/blog"), Site(pages=PAGES))
    assert links == [("About me", "/blog/%C3%BCber-mich", False), ("Now", "/blog/now", True)]
    moment.forward(seconds=1)
    assert [link.label for link in navigation(asked(), Site(pages=PAGES))] == ["About me", "Now", "Soon"]
    assert clock.now() == PAGES["c"].at


def test_a_navigation_of_ones_own_stands_instead() -> None:
    chosen = (
        Link("Home", "/"),
        Link("About", "/über-mich?x#y"),
        Link("Far", "https://far.example/now"),
        Link("Mail", "mailto:me@example.com"),
    )
    links = navigation(asked("/%C3%BCber-mich", root="/blog"), Site(pages=PAGES, navigation=chosen))
    assert links == [
        ("Home", "/blog/", False),
        ("About", "/blog/über-mich?x#y", True),
        ("Far", "https://far.example/now", False),
        ("Mail", "mailto:me@example.com", False),
    ]


def test_without_pages_there_is_no_navigation() -> None:
    assert navigation(asked(), Site()) == []


def test_links_are_safe_in_the_page(engine_blog: Blog) -> None:
    label = '"><script>alert(1)</script>'
    engine_blog.api("PATCH", "/api/settings", navigation=[{"label": label, "url": "/a?b=1&c='2'"}])
    shown = engine_blog.get("/").text
    assert "<script>alert" not in shown
    assert "/a?b=1&c='2'" in page.addresses(shown)


# --- errors ------------------------------------------------------------------------------------


@pytest.fixture
def klingon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A language that says two things about a 404, one about a 410, and no more."""
    english = (words.CATALOGUES / "en.json").read_text()
    said = {"error.404.title": "pagh", "error.404.detail": "naDev <pagh> tu'lu'.", "error.410.title": "ghoS"}
    (tmp_path / "en.json").write_text(english)
    (tmp_path / "tlh.json").write_text(json.dumps(said))
    monkeypatch.setattr(words, "CATALOGUES", tmp_path)
    words.words_for.cache_clear()
    yield
    words.words_for.cache_clear()


def test_errors_are_in_the_language_of_the_blog(klingon: None, engine_blog: Blog) -> None:
    engine_blog.api("PATCH", "/api/settings", language="tlh")
    shown = engine_blog.get("/nowhere/at/all").text
    assert page.words(next(page.parse(shown).iter("h1"))) == "pagh"
    assert "<p>naDev &lt;pagh&gt; tu&#39;lu&#39;.</p>" in shown
    assert NotFound.title not in shown


def test_what_a_language_does_not_say_is_said_in_english(klingon: None, engine_blog: Blog) -> None:
    engine_blog.api("PATCH", "/api/settings", language="tlh")
    shown = error_page(asked(), Forbidden("A sentence of its own.", scope="read"))
    assert Forbidden.title in shown
    assert "A sentence of its own." in shown


@pytest.mark.parametrize("language", ["en", "en-GB", "sux"])
def test_an_english_problem_tells_what_it_is_about(engine_blog: Blog, language: str) -> None:
    engine_blog.api("PATCH", "/api/settings", language=language)
    assert "A sentence of its own." in error_page(asked(), NotFound("A sentence of its own."))


# --- the documentation -------------------------------------------------------------------------

GUIDE = (Path(__file__).parents[2] / "docs/theming.md").read_text()


def test_the_guide_shows_what_is_there() -> None:
    assert (pages.TEMPLATES / "themes/ledger/site/home.html").read_text() in GUIDE
    (example,) = re.findall(r'-d \'\{"style": (\{.*?\})', GUIDE)
    style = SETTINGS.read({"style": json.loads(example)})["style"]
    assert faint_colours(Site(style=style)) == []


@pytest.mark.parametrize("name", STYLE.fields)
def test_the_guide_names_every_property(name: str) -> None:
    assert f"`{name}`" in GUIDE
