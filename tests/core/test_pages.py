"""Templates and themes, as their sources and compiled for the bundle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import TemplateNotFound, TemplateSyntaxError

from chalicelib.core import pages
from dev.bundle.templates import compile_templates

FILES = {
    "base.html": "<b>{% block main %}{% endblock %}</b>{% block foot %}given{% endblock %}",
    "site/home.html": '{% extends "base.html" %}{% block main %}home {{ name }}{% endblock %}',
    "site/about.html": '{% extends "base.html" %}{% block main %}about {{ name }}{% endblock %}',
    "site/_part.html": "{% macro part(name) %}<i>{{ name }}</i>{% endmacro %}",
    "site/list.html": '{% from "site/_part.html" import part %}{{ part(name) }}',
    "assets/style.css": "a { color: red }",
    "assets/icon.svg": "<svg/>",
    "assets/notes.txt": "not public",
    # Overrides one template, in full.
    "themes/full/site/home.html": "FULL {{ name }}",
    # Overrides a block of a given template, and the base of all.
    "themes/part/site/home.html": '{% extends "given/site/home.html" %}{% block foot %}{{ super() }} part{% endblock %}',
    "themes/part/base.html": "<u>{% block main %}{% endblock %}</u>{% block foot %}mine{% endblock %}",
    "themes/part/site/_part.html": "{% macro part(name) %}<em>{{ name }}</em>{% endmacro %}",
    # Only colours.
    "themes/plain-1/theme.css": "a { color: blue }",
    "themes/notes.txt": "not a theme",
}
CACHES = (
    pages._environment,
    pages._template,
    pages.macro,
    pages.themes,
    pages.theme_css,
    pages.assets,
    pages.asset_name,
)


def write(folder: Path) -> Path:
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


@pytest.fixture(params=["sources", "compiled"])
def templates(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A small set of templates, read in both ways."""
    monkeypatch.setattr(pages, "TEMPLATES", write(tmp_path / "templates"))
    monkeypatch.setattr(pages, "COMPILED", tmp_path / "compiled")
    if request.param == "compiled":
        assert compile_templates(tmp_path / "compiled", tmp_path / "templates") == 10
        for source in (tmp_path / "templates").rglob("*.html"):
            source.unlink()
    forget()
    yield
    monkeypatch.undo()
    forget()


def forget() -> None:
    for cache in CACHES:
        cache.cache_clear()


@pytest.mark.parametrize(
    ("theme", "template", "page"),
    [
        ("", "site/home.html", "<b>home &lt;x&gt;</b>given"),
        ("", "site/list.html", "<i>&lt;x&gt;</i>"),
        ("full", "site/home.html", "FULL &lt;x&gt;"),
        ("full", "site/about.html", "<b>about &lt;x&gt;</b>given"),
        ("part", "site/home.html", "<u>home &lt;x&gt;</u>mine part"),
        ("part", "site/about.html", "<u>about &lt;x&gt;</u>mine"),
        ("part", "site/list.html", "<em>&lt;x&gt;</em>"),
        ("plain-1", "site/home.html", "<b>home &lt;x&gt;</b>given"),
        ("gone", "site/home.html", "<b>home &lt;x&gt;</b>given"),
        ("../themes/full", "site/home.html", "<b>home &lt;x&gt;</b>given"),
    ],
)
def test_a_page_in_its_theme(templates: None, theme: str, template: str, page: str) -> None:
    assert pages.render(template, theme, name="<x>") == page


def test_themes_do_not_mix(templates: None) -> None:
    for _ in range(2):
        shown = [pages.render("site/home.html", theme, name="") for theme in ("full", "", "part")]
        assert shown == ["FULL ", "<b>home </b>given", "<u>home </u>mine part"]


def test_macros_are_those_of_the_theme(templates: None) -> None:
    assert pages.macro("site/_part.html", "part")("a") == "<i>a</i>"
    assert pages.macro("site/_part.html", "part", "part")("a") == "<em>a</em>"
    assert pages.macro("site/_part.html", "part", "gone")("a") == "<i>a</i>"


def test_what_is_missing_is_missed(templates: None) -> None:
    for theme in ("", "full"):
        with pytest.raises(TemplateNotFound):
            pages.render("site/nothing.html", theme)


def test_themes_are_folders(templates: None) -> None:
    assert pages.themes() == {"full", "part", "plain-1"}
    assert [pages.theme_css(theme) for theme in ("plain-1", "full", "gone", "")] == [
        "a { color: blue }",
        "",
        "",
        "",
    ]


def test_assets_have_a_hash_in_their_name(templates: None) -> None:
    name = pages.asset_name("style", ".css")
    assert pages.assets()[name] == ("text/css; charset=utf-8", "a { color: red }")
    assert (
        name
        == pages.public_name("style", ".css", "a { color: red }")
        != pages.public_name("style", ".css", "")
    )
    assert len(pages.assets()) == 2


def test_a_page_is_looked_up_once(templates: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A theme costs its first page a little, and no other."""
    for theme in ("", "part"):
        pages.render("site/home.html", theme, name="")
    monkeypatch.setattr(pages, "themes", lambda: pytest.fail("looked again"))
    monkeypatch.setattr(pages, "environment", lambda _: pytest.fail("read again"))
    for theme in ("", "part"):
        pages.render("site/home.html", theme, name="")


def test_a_mistake_in_a_theme_stops_the_build(tmp_path: Path) -> None:
    write(tmp_path / "templates")
    (tmp_path / "templates/themes/part/base.html").write_text("{% if %}")
    with pytest.raises(TemplateSyntaxError):
        compile_templates(tmp_path / "compiled", tmp_path / "templates")
