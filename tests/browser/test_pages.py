"""What holds on every kind of page in a real browser."""

from __future__ import annotations

import gzip
import re

import pytest
from playwright.sync_api import Page

from chalicelib.accounts.sessions import COOKIE
from tests.browser.conftest import NewContext
from tests.browser.kinds import KINDS, Kind
from tests.browser.looking import photograph
from tests.browser.served import Site
from tests.browser.watching import Watch, overflow, too_wide

every_kind = pytest.mark.parametrize("kind", KINDS, ids=str)
WIDTHS = (320, 390, 768, 1440)
FIRST_PACKETS = 14 * 1024
"""Bytes that ten packets hold, which is what a server may send before the reader's first answer."""

SLOW = {"offline": False, "latency": 40, "downloadThroughput": 60_000, "uploadThroughput": 60_000}
"""Milliseconds, and bytes a second."""


UPLOADED = re.compile(r"http://127\.0\.0\.1:\d+/[0-9a-f]{32}-\d+x\d+[.0-9a-z]+")
"""A picture of the blog's own, from the origin of files."""


@every_kind
def test_page_comes_alone_and_in_peace(kind: Kind, page: Page, site: Site) -> None:
    watch = Watch(page)
    answer = kind.open(page, site)
    noticed = watch.noticed()
    assert answer.status == kind.status
    assert [url for url in watch.asked_elsewhere() if not UPLOADED.fullmatch(url)] == []
    assert watch.complaints == []
    assert noticed["violations"] == []
    assert [cookie["name"] for cookie in page.context.cookies()] == [COOKIE] * kind.signed_in
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    assert watch.of_type("script", "font", "fetch", "xhr", "websocket", "media") == []
    assert len(set(watch.of_type("stylesheet"))) <= 1
    assert noticed["moved"] == []


@every_kind
def test_nothing_moves_on_a_phone_while_the_page_loads(
    kind: Kind, new_context: NewContext, site: Site
) -> None:
    """The page comes in pieces, as it does over the air."""
    watch = Watch(new_context(390).new_page())
    network = watch.page.context.new_cdp_session(watch.page)
    network.send("Network.emulateNetworkConditions", SLOW)
    kind.open(watch.page, site)
    assert watch.noticed()["moved"] == []


@every_kind
def test_page_is_never_wider_than_the_window(kind: Kind, new_context: NewContext, site: Site) -> None:
    page = new_context(WIDTHS[0]).new_page()
    kind.open(page, site)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert overflow(page) <= 0, (width, too_wide(page))


@every_kind
def test_page_comes_in_the_first_packets(kind: Kind, site: Site) -> None:
    """Gzip of the body, as the platform compresses, and the headers as they are."""
    answer = kind.answer(site)
    headers = sum(len(name) + len(value) + 4 for name, value in answer.headers.items())
    assert len(gzip.compress(answer.body, 6)) + headers <= FIRST_PACKETS


@every_kind
def test_page_is_photographed(kind: Kind, new_context: NewContext, site: Site) -> None:
    """Screenshots to be looked at, in `build/screenshots`."""
    page = new_context().new_page()
    kind.open(page, site)
    photograph(page, str(kind))
