"""A page in every width and colour scheme: what axe-core says of it, and pictures to be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from playwright.sync_api import FloatRect, Page

from tests.browser import tools
from tests.browser.conftest import folder

WIDTHS = (320, 768, 1440)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What is scrolled out of a wide table cannot be judged, and looks like what is not; so do the parts of a formula,
# whose boxes overlap, and the lines of one insertion, which lie over each other.
RUN_AXE = """rules => axe.run({runOnly: rules, resultTypes: ["violations", "incomplete"]}).then(found => {
  const within = (node, what) => document.querySelector(node.target[0])?.closest(what);
  const why = node => node.any[0]?.data?.messageKey;
  const hidden = node => why(node) === "elmPartiallyObscured" || within(node, "math")
    || (why(node) === "elmPartiallyObscuring" && within(node, "ins"));
  const unjudged = found.incomplete.filter(rule => rule.id === "color-contrast")
    .map(rule => ({...rule, nodes: rule.nodes.filter(node => !hidden(node))}));
  return [...found.violations, ...unjudged.filter(rule => rule.nodes.length)];
})"""
PLAIN = """*, ::before, ::after { background-image: none !important }
.host::before, .link-card .kind::before, .thread > li::after { content: none !important }
.host { background-color: var(--tint) !important }"""
"""Over a gradient, or where a pseudo-element lies behind, axe can judge no colour: the airmail edge, on which no
text stands, is taken away, and what tints the author's answers becomes their plain background.
"""
TALLEST = 4000
"""Pixels of a picture; a conversation of fifty replies goes on as it began."""

Violations = dict[tuple[str, ...], str]


def violations(page: Page) -> Violations:
    """By rule and elements, with the last look in which it was so. The page's policy must be bypassed.
    Contrast that cannot be judged counts as too little.
    """
    page.add_style_tag(content=PLAIN)
    page.evaluate(tools.file("axe-core").read_text())
    found: Violations = {}
    for look in looks(page, (WIDTHS[0], WIDTHS[-1])):
        found |= {(broken["id"], *_where(broken)): look for broken in page.evaluate(RUN_AXE, RULES)}
    return found


def photograph(page: Page, name: str) -> None:
    """Into `build/screenshots`."""
    for look in looks(page, WIDTHS):
        width, height = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
        clip = FloatRect(x=0, y=0, width=width, height=min(TALLEST, height))
        page.screenshot(path=folder("screenshots") / f"{name}-{look}.png", full_page=True, clip=clip)


def looks(page: Page, widths: tuple[int, ...]) -> Iterator[str]:
    """The page as readers with such windows and wishes have it; the name of each look."""
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            yield f"{width}-{scheme}"


def _where(violation: dict[str, Any]) -> tuple[str, ...]:
    return tuple(" ".join(map(str, node["target"])) for node in violation["nodes"][:4])
