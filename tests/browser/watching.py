"""What a browser notices while it shows a page: what it asked for, complained of, kept and moved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request

from tests.browser.content import PICTURE

# Playwright runs this before any script of the page, whatever the page's policy says.
NOTICE = """
window.noticed = {violations: [], moved: []};
document.addEventListener("securitypolicyviolation", event =>
  noticed.violations.push(`${event.effectiveDirective} ${event.blockedURI}`));
const named = node => node ? `${node.localName ?? node.nodeName}.${node.className ?? ""}` : "?";
new PerformanceObserver(list => list.getEntries().forEach(({value, sources}) =>
  noticed.moved.push(`${value.toFixed(4)}: ${sources.map(source => named(source.node)).join(", ")}`)))
  .observe({type: "layout-shift", buffered: true});
"""
SETTLED = """() => new Promise(done => {
  const later = () => requestAnimationFrame(() => requestAnimationFrame(done));
  document.fonts.ready.then(later);
})"""


@dataclass
class Watch:
    """Made before a page is opened."""

    page: Page
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(NOTICE)
        self.page.on("request", self._count)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def noticed(self) -> dict[str, Any]:
        """Once everything stands where it will stay."""
        self.page.evaluate(SETTLED)
        return dict(self.page.evaluate("noticed"))

    def asked_elsewhere(self) -> list[str]:
        """Addresses on other hosts, but for the picture that the author put there."""
        own = urlsplit(self.page.url).netloc
        urls = [request.url for request in self.requests]
        return [url for url in urls if urlsplit(url).netloc != own and not url.startswith(PICTURE)]

    def of_type(self, *types: str) -> list[str]:
        return [request.url for request in self.requests if request.resource_type in types]

    def _count(self, request: Request) -> None:
        self.requests.append(request)

    def _hear(self, message: ConsoleMessage) -> None:
        # That the page itself is an error is what it is there for.
        if message.type in ("error", "warning") and message.location["url"] != self.page.url:
            self.complaints.append(message.text)


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than the window."""
    return int(page.evaluate("document.scrollingElement.scrollWidth - innerWidth"))


def too_wide(page: Page) -> list[str]:
    """What sticks out of the window, for the message of a test that fails."""
    found: list[str] = page.evaluate("""() => [...document.querySelectorAll("body *")]
        .filter(e => e.getBoundingClientRect().right > innerWidth + 0.5)
        .map(e => `${e.localName}.${e.className} ${Math.round(e.getBoundingClientRect().right)}`)""")
    return found[:10]
