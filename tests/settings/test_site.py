"""The site as it is stored: what other rooms note in it, what it was before, what is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.core import answers, table
from chalicelib.core.table import Delete, Item, Put, Refused, transact
from chalicelib.settings import store
from chalicelib.settings.actions import (
    current_site,
    forget_site,
    fresh_site,
    rotate_secret,
    transport_security,
)
from chalicelib.settings.model import SETTINGS, Link, PageLink, Site, settings_of
from tests.blog import Blog
from tests.faults import Faults, at_once, throttled

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=365)
ABOUT = PageLink("about", "About me", NOON)
FULL = Site(
    title="Letters",
    links=(Link("Elsewhere", "https://elsewhere.example"),),
    navigation=(Link("Home", "/"),),
    style={"accent": "#0b5f8a"},
    comments_open=False,
    comments_close_days=30,
    hsts_subdomains=True,
    held_words=("casino", "казино"),
    secrets=(b"x" * 32,),
    lasting=b"z" * 32,
    coming={"one": NOON},
    pages={"two": ABOUT},
    pinned={"three": "home-of-three"},
)


GONE = object()


def stored() -> Item:
    item = table.get(store.KEY)
    assert item
    return item


def break_site(**changes: Any) -> Site:
    """The site as it is read after its item was changed behind its back; GONE removes."""
    table.write(Put({name: value for name, value in {**stored(), **changes}.items() if value is not GONE}))
    forget_site()
    return fresh_site()


def test_what_is_stored_is_what_is_read(blog: Blog) -> None:
    table.write(Put(store.to_item(FULL)))
    assert store.read() == FULL


# --- notes of other rooms ----------------------------------------------------------------------


def test_notes_are_one_write_for_all_maps(blog: Blog) -> None:
    blog.get("/")
    before = fresh_site()
    transact([store.note({"coming.a": NOON, "pages.b": ABOUT, "pinned.c": "c-home"}, [], seen=True)])
    noted = fresh_site()
    assert noted == replace(before, coming={"a": NOON}, pages={"b": ABOUT}, pinned={"c": "c-home"})
    transact(
        [
            store.note(
                {"pages.b": replace(ABOUT, title="Me")},
                ["coming.a", "pinned.c", "pinned.c", "pages.b"],
                seen=True,
            )
        ]
    )
    assert fresh_site() == replace(before, pages={"b": replace(ABOUT, title="Me")})


def test_a_note_needs_a_site(blog: Blog) -> None:
    table.write(Delete(store.KEY))
    with pytest.raises(Refused):
        transact([store.note({"pinned.a": "a"}, [], seen=True)])


def test_notes_at_once_all_stay(engine_blog: Blog) -> None:
    engine_blog.get("/")
    names = [f"pinned.{number}" for number in range(5)]
    at_once([lambda name=name: transact([store.note({name: "home"}, [], seen=True)]) for name in names])
    assert len(fresh_site().pinned) == 5


def test_of_many_forgotten_the_first_fifty_go(blog: Blog) -> None:
    blog.get("/")
    break_site(coming={f"post{number}": "2026-11-23T12:00:00Z" for number in range(80)})
    table.write(store.note({}, [f"coming.post{number}" for number in range(80)], seen=True))
    assert sorted(fresh_site().coming) == sorted(f"post{number}" for number in range(50, 80))


@pytest.mark.parametrize("odd", [GONE, None, "text", [], 5])
@pytest.mark.parametrize("name", store.MAPS)
def test_an_older_site_takes_notes_once_it_was_read(blog: Blog, name: str, odd: Any) -> None:
    """An update of DynamoDB does not make the map that it reaches into."""
    blog.get("/")
    kept = {"pages", "pinned", "coming"} - {name}
    for other in kept:
        table.write(
            store.note(
                {f"{other}.kept": {"pages": ABOUT, "pinned": "home", "coming": NOON}[other]}, [], seen=True
            )
        )
    site = break_site(**{name: odd})
    assert stored()[name] == {}
    note = {"pages": ABOUT, "pinned": "home", "coming": NOON}[name]
    transact([store.note({f"{name}.new": note}, [], seen=True)])
    read = fresh_site()
    assert getattr(read, name) == {"new": note}
    assert all(list(getattr(read, other)) == ["kept"] for other in kept)
    assert read.version == site.version


def test_maps_are_added_once(engine_blog: Blog, faults: Faults) -> None:
    engine_blog.get("/")
    break_site(pages=GONE, pinned=GONE)
    faults.clear()
    fresh_site()
    assert faults.calls == ["GetItem"]


def test_maps_that_somebody_else_added_are_not_emptied(engine_blog: Blog) -> None:
    engine_blog.get("/")
    old = {name: value for name, value in stored().items() if name != "pages"}
    table.write(store.note({"pages.a": ABOUT}, [], seen=True))
    store._add_maps(old)
    assert fresh_site().pages == {"a": ABOUT}


def test_a_blog_that_cannot_be_written_to_can_be_read(engine_blog: Blog, faults: Faults) -> None:
    engine_blog.get("/")
    table.write(Put({name: value for name, value in stored().items() if name != "pages"}))
    forget_site()
    faults.on("UpdateItem", throttled(), times=100)
    assert engine_blog.get("/").status == 200


# --- what is malformed -------------------------------------------------------------------------

GOOD = {"label": "Good", "url": "https://good.example"}
LINK = (Link("Good", "https://good.example"),)


@pytest.mark.parametrize("name", SETTINGS.declared)
def test_a_malformed_setting_is_its_default(engine_blog: Blog, name: str) -> None:
    engine_blog.get("/")
    for value in (-1, b"\x00", [7], {"x": "y"}, "x" * 5000, [[]], None, GONE):
        default = settings_of(Site())[name]
        read = settings_of(break_site(**{name: value}))[name]
        assert read in (default, {}, []), value
        assert engine_blog.get("/").status == 200, value


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("links", [GOOD, 5, {"label": "Bad"}, {**GOOD, "url": "javascript:1"}, None, GOOD], LINK * 2),
        ("links", [GOOD] * 30, LINK * 20),
        ("navigation", [{**GOOD, "more": 1}, GOOD], LINK),
        ("style", {"ink": "#000000", "paper": "red", "more": "#000000", "font": 5}, {"ink": "#000000"}),
        ("pinned", {"a": "home", "b": 5, "c": None}, {"a": "home"}),
        ("coming", {"a": "2026-11-23T12:00:00Z", "b": "soon", "c": 5}, {"a": NOON}),
        (
            "pages",
            {
                "a": {"slug": "about", "title": "About me", "at": "2026-11-23T12:00:00Z"},
                "b": {"slug": "x", "title": "y"},
                "c": {"slug": "x", "title": "y", "at": "soon"},
                "d": {"title": "y", "at": "2026-11-23T12:00:00Z"},
                "e": "page",
                "f": {"slug": "untitled", "at": "2026-11-23T12:00:00Z"},
            },
            {"a": ABOUT, "f": PageLink("untitled", "untitled", NOON)},
        ),
        ("secrets", [b"a", "b", None], (b"a",)),
        ("time_zone", "Europe/Atlantis", "UTC"),
        ("theme", "../assets", ""),
        ("author_picture", "javascript:1", ""),
        ("version", "3", 1),
    ],
)
def test_of_lists_and_maps_what_is_right_stays(engine_blog: Blog, name: str, value: Any, read: Any) -> None:
    engine_blog.get("/")
    assert getattr(break_site(**{name: value}), name) == read


# --- what tells that it changed ----------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Other"},
        {"version": 2},
        {"links": (Link("A", "https://a.example"),)},
        {"style": {}},
        {"theme": "ledger"},
        {"comments_open": True},
        {"pages": {}},
        {"pages": {"two": replace(ABOUT, title="Me")}},
        {"pages": {"two": replace(ABOUT, at=NOON + timedelta(seconds=1))}},
        {"pinned": {}},
        {"pinned": {"three": "elsewhere"}},
    ],
    ids=str,
)
def test_the_mark_changes_with_what_is_public(change: dict[str, Any]) -> None:
    assert replace(FULL, **change).mark_at(LATER) != FULL.mark_at(LATER)


def test_the_mark_says_nothing_of_secrets_and_order() -> None:
    two = {"two": ABOUT, "four": replace(ABOUT, slug="four")}
    site = replace(FULL, pages=two)
    other = replace(site, secrets=(b"y" * 32,), coming={}, pages=dict(reversed(two.items())))
    assert other.mark_at(LATER) == site.mark_at(LATER)
    assert len(site.mark_at(LATER)) == 12


def test_the_mark_says_nothing_of_what_is_still_to_come() -> None:
    coming = {"new": LATER}
    site = replace(FULL, coming={}, pages={}, pinned={})
    page = replace(site, coming=coming, pages={"new": replace(ABOUT, at=LATER)})
    pinned = replace(site, coming=coming, pinned={"new": "home"})
    for other in (page, pinned):
        assert other.mark_at(NOON) == site.mark_at(NOON)
        assert other.mark_at(LATER) != other.mark_at(NOON)


def test_every_setting_is_in_the_mark() -> None:
    for name in SETTINGS.declared:
        assert replace(FULL, **{name: object()}).mark_at(LATER) != FULL.mark_at(LATER), name


def test_lists_change_when_posts_and_pages_come() -> None:
    later = NOON + timedelta(days=1)
    site = Site(coming={"a": NOON}, pages={"b": replace(ABOUT, at=later)})
    before, between, after = NOON - timedelta(hours=1), NOON + timedelta(hours=1), later + timedelta(hours=1)
    assert [site.next_coming(at) for at in (before, between, after)] == [NOON, later, None]
    assert [site.last_come(at) for at in (before, between, after)] == [None, NOON, later]
    assert [len(site.public_pages(at)) for at in (between, later)] == [0, 1]


# --- headers by setting ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subdomains", "preload", "value"),
    [
        (False, False, "max-age=63072000"),
        (True, False, "max-age=63072000; includeSubDomains"),
        (True, True, "max-age=63072000; includeSubDomains; preload"),
        (False, True, "max-age=63072000"),
    ],
)
def test_transport_security_is_as_set(engine_blog: Blog, subdomains: bool, preload: bool, value: str) -> None:
    engine_blog.get("/")
    break_site(hsts_subdomains=subdomains, hsts_preload=preload)
    current_site()
    assert transport_security() == value


def test_transport_security_costs_no_read(engine_blog: Blog, faults: Faults) -> None:
    engine_blog.api("PATCH", "/api/settings", hsts_subdomains=True)
    forget_site()
    faults.clear()
    assert transport_security() == "max-age=63072000"
    assert faults.calls == []


def test_pages_carry_it(engine_blog: Blog) -> None:
    engine_blog.api("PATCH", "/api/settings", hsts_subdomains=True, hsts_preload=True)
    header = engine_blog.get("/").headers["strict-transport-security"]
    assert header == "max-age=63072000; includeSubDomains; preload"


def test_by_default_it_is_what_every_answer_carries(engine_blog: Blog) -> None:
    assert transport_security() == answers.SECURITY["Strict-Transport-Security"]


# --- changes that meet notes -------------------------------------------------------------------


def test_a_note_between_does_not_hide_a_change_whose_reply_was_lost(
    engine_blog: Blog, faults: Faults
) -> None:
    engine_blog.api("GET", "/api/settings")

    def lost_with_a_note(request: Any, send: Any) -> Any:
        send(request)
        faults.clear()
        table.write(store.note({"pinned.a": "home"}, [], seen=True))
        return throttled()(request, send)

    faults.on("TransactWriteItems", lost_with_a_note)
    got = engine_blog.api("PATCH", "/api/settings", _headers={"If-Match": '"v1"'}, title="New")
    assert (got.status, fresh_site().title, fresh_site().pinned) == (200, "New", {"a": "home"})


def test_a_rotation_leaves_notes_and_settings(engine_blog: Blog) -> None:
    table.write(Put(store.to_item(FULL)))
    forget_site()
    rotate_secret()
    after = fresh_site()
    assert after.secrets[1:] == FULL.secrets
    assert replace(after, secrets=FULL.secrets, version=FULL.version) == FULL
