"""WCAG 2.2 AA, as far as a program can tell: axe-core, and the keyboard."""

from __future__ import annotations

from itertools import pairwise

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import NewContext
from tests.browser.kinds import KINDS, NAMED, Kind
from tests.browser.looking import violations
from tests.browser.served import Site
from tests.browser.watching import SETTLED

every_kind = pytest.mark.parametrize("kind", KINDS, ids=str)


@every_kind
def test_axe_finds_no_violation(kind: Kind, new_context: NewContext, site: Site) -> None:
    """On a narrow and a wide window, light and dark."""
    page = new_context(320, bypass_csp=True).new_page()
    kind.open(page, site)
    assert violations(page) == {}


# Every stop of the Tab key, and whether a reader sees that the keyboard is there.
FOLLOW = """() => {
  document.body.tabIndex = -1;
  document.body.focus();
  window.stops = [];
  document.addEventListener("focusin", ({target}) => {
    const style = getComputedStyle(target), box = target.getBoundingClientRect();
    stops.push({
      at: [...document.querySelectorAll("*")].indexOf(target),
      is: `${target.localName}.${target.className} ${target.textContent.trim().slice(0, 30)}`,
      ring: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
      inside: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight
        && box.right > 0 && box.left < innerWidth,
    });
  });
  const able = "a[href], button, input:not([type=hidden], [tabindex='-1']), select, textarea, summary, [tabindex='0']";
  return [...document.querySelectorAll(able)].filter(e => e.checkVisibility() && !e.disabled)
    .map(e => [...document.querySelectorAll("*")].indexOf(e));
}"""


@every_kind
def test_keyboard_reaches_everything_in_order_and_is_seen(kind: Kind, page: Page, site: Site) -> None:
    kind.open(page, site)
    page.evaluate(SETTLED)
    able = page.evaluate(FOLLOW)
    for _ in range(len(able) + 10):
        page.keyboard.press("Tab")
    stops = page.evaluate("stops")
    assert stops[0]["is"].startswith("a.skip")
    reached = [stop["at"] for stop in stops]
    assert set(able) <= set(reached)
    assert [stop["is"] for stop in stops if stop["ring"] < 2 or not stop["inside"]] == []
    once = list(dict.fromkeys(reached))
    assert once == sorted(once)


def test_skip_link_leads_past_the_head(page: Page, site: Site) -> None:
    NAMED["post-many-replies"].open(page, site)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_wide_things_are_scrolled_with_the_keyboard(new_context: NewContext, site: Site) -> None:
    page = new_context(320).new_page()
    for name in ("post-code", "post-wide-table"):
        NAMED[name].open(page, site)
        region = page.locator(".prose [tabindex='0']").first
        region.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("element => element.scrollLeft > 0", arg=region.element_handle())


@every_kind
def test_page_has_the_landmarks_and_headings_that_readers_jump_between(
    kind: Kind, page: Page, site: Site
) -> None:
    kind.open(page, site)
    for role in ("banner", "main", "contentinfo"):
        assert page.get_by_role(role).count() == 1, role
    levels = page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => Number(h.localName[1]))"
    )
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels)), levels
    assert page.title().strip()
    assert page.evaluate("document.documentElement.lang")


def test_nothing_moves_for_readers_who_asked_for_calm(new_context: NewContext, site: Site) -> None:
    page = new_context(reduced_motion="reduce").new_page()
    for name in ("home", "post-many-replies", "received-pending"):
        NAMED[name].open(page, site)
        moving = page.evaluate("""() => [...document.querySelectorAll("*")].filter(e => {
            const style = getComputedStyle(e);
            return style.scrollBehavior === "smooth"
              || [style.transitionDuration, style.animationDuration].some(d => d.split(",").some(s => parseFloat(s) > 0.01));
        }).map(e => e.localName)""")
        assert moving == []
