"""One blog and one browser for each process of the tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, ViewportSize, sync_playwright

from tests.browser import content, tools
from tests.browser.served import Site, serving

ARTEFACTS = tools.ROOT / "build"
QUIET = [
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""A browser that talks to nobody else."""
PICTURE = """<svg xmlns="http://www.w3.org/2000/svg" width="3200" height="2133" viewBox="0 0 3200 2133">
<rect width="3200" height="2133" fill="#9cb8c4"/><rect y="1300" width="3200" height="833" fill="#45606e"/>
<path d="M900 1300 1700 500 2500 1300z" fill="#7a6a58"/></svg>"""


def chrome_flags() -> list[str]:
    """Chromium's sandbox does not run as root."""
    return [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else QUIET


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demonstration blog, and in it everything that is hard to set. Tests may add replies that wait."""
    with serving(tmp_path_factory.mktemp("served")) as running:
        content.fill(running)
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = tools.program("chromium")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=chrome_flags())


NewContext = Callable[..., BrowserContext]


@pytest.fixture
def new_context(browser: Browser, site: Site) -> Iterator[NewContext]:
    """A reader with a fresh browser: `new_context(width=390, color_scheme="dark")`."""
    opened: list[BrowserContext] = []

    def make(width: int = 1440, **options: Any) -> BrowserContext:
        size = ViewportSize(width=width, height=900 if width > 800 else 740)
        context = browser.new_context(base_url=site.address, viewport=size, **options)
        context.route(f"{content.PICTURE}*", _show_picture)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def page(new_context: NewContext) -> Page:
    """A window of 1,440 pixels."""
    return new_context().new_page()


def _show_picture(route: Route) -> None:
    route.fulfill(content_type="image/svg+xml", body=PICTURE)


def folder(name: str) -> Path:
    """Where what is worth keeping goes."""
    path = ARTEFACTS / name
    path.mkdir(parents=True, exist_ok=True)
    return path
