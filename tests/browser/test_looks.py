"""The blog in a right-to-left language, and under the theme that comes along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.conftest import NewContext
from tests.browser.kinds import NAMED
from tests.browser.looking import photograph, violations
from tests.browser.served import Site
from tests.browser.watching import Watch, overflow, too_wide

LOOKS: dict[str, dict[str, Any]] = {
    "arabic": {"language": "ar"},
    "ledger": {"theme": "ledger"},
    "styled": {"style": {"accent": "#8a2b0b", "accent_dark": "#f0a184", "font": "Georgia, serif", "measure": "30rem"}},
}  # fmt: skip
GIVEN: dict[str, Any] = {"language": "en", "theme": "", "style": {}}
SHOWN = (
    "home",
    "post-chapters",
    "post-deep",
    "page",
    "tags",
    "month",
    "author",
    "refused",
    "error-404",
)


@pytest.fixture(params=LOOKS)
def look(request: pytest.FixtureRequest, site: Site) -> Iterator[str]:
    """The blog looks so while the test lasts."""
    site.api("PATCH", "/api/settings", **LOOKS[request.param])
    yield request.param
    site.api("PATCH", "/api/settings", **GIVEN)


@pytest.mark.parametrize("name", SHOWN)
def test_other_look_is_as_accessible_and_fits(
    look: str, name: str, new_context: NewContext, site: Site
) -> None:
    page = new_context(320, bypass_csp=True).new_page()
    NAMED[name].open(page, site)
    assert overflow(page) <= 0, too_wide(page)
    assert violations(page) == {}
    photograph(page, f"{look}-{name}")


def test_other_look_comes_from_the_blog_itself_and_stays_in_its_policy(
    look: str, new_context: NewContext, site: Site
) -> None:
    watch = Watch(new_context().new_page())
    given = site.get("/privacy").text
    for name in SHOWN:
        NAMED[name].open(watch.page, site)
        assert watch.noticed()["violations"] == []
    assert watch.asked_elsewhere() == []
    assert watch.complaints == []
    assert watch.page.evaluate("document.dir") == ("rtl" if look == "arabic" else "ltr")
    site.api("PATCH", "/api/settings", **GIVEN)
    assert site.get("/privacy").text != given
