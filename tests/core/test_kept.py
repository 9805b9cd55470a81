"""Pages that a process keeps: the right one, the newest ones, and no more than fit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.core.answers import Answer, html
from chalicelib.core.kept import BESIDE, Pages
from chalicelib.core.requests import Request

HOME = Request("1", "GET", "/", "/", "", "https://a.example", {}, {}, b"", "")


def page(body: str = "page") -> Answer:
    return html(body)


def test_a_page_is_known_by_its_tag() -> None:
    pages = Pages()
    pages.keep(HOME, "t1", page())
    assert pages.find(HOME, "t1") == page()
    assert pages.find(HOME, "t2") is None
    assert pages.holds(HOME)


@pytest.mark.parametrize(
    "change",
    [
        {"path": "/b"},
        {"root": "/blog"},
        {"origin": "https://b.example"},
        {"query": {"after": ["x"]}},
        {"headers": {"accept": "application/json"}},
    ],
)
def test_a_page_belongs_to_its_address(change: dict[str, object]) -> None:
    pages = Pages()
    pages.keep(HOME, "t", page())
    other = replace(HOME, **change)  # type: ignore[arg-type]
    assert pages.find(other, "t") is None
    assert not pages.holds(other)


def test_a_newer_page_takes_the_place_of_the_one_before() -> None:
    pages = Pages(BESIDE + 10)
    for number in range(50):
        pages.keep(HOME, f"t{number}", page("12345678"))
    assert pages.find(HOME, "t48") is None
    assert pages.find(HOME, "t49") == page("12345678")


def test_those_asked_for_least_lately_make_room() -> None:
    pages = Pages(3 * BESIDE + 30)
    addresses = [replace(HOME, path=f"/{name}") for name in "abcd"]
    for address in addresses[:3]:
        pages.keep(address, "t", page("0123456789"))
    pages.find(addresses[0], "t")
    pages.keep(addresses[3], "t", page("0123456789"))
    assert [pages.holds(address) for address in addresses] == [True, False, True, True]


def test_what_is_too_long_is_not_kept() -> None:
    pages = Pages(BESIDE + 3)
    pages.keep(HOME, "t", page("1234"))
    assert not pages.holds(HOME)


@pytest.mark.parametrize(
    "change",
    [
        {"query": {"q": ["x"]}},
        {"query": {"after": ["x"], "q": ["y"]}},
        {"query": {"order": ["x"]}},
        {"path": "/" + "a" * 999},
    ],
)
def test_what_anybody_can_make_up_is_not_kept(change: dict[str, object]) -> None:
    pages = Pages()
    pages.keep(replace(HOME, **change), "t", page())  # type: ignore[arg-type]
    assert not pages.holds(replace(HOME, **change))  # type: ignore[arg-type]
