"""Following every link of a blog over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag, urljoin

from tests.browser.served import Answer, Site

LOADED = {
    "a": "href",
    "area": "href",
    "link": "href",
    "img": "src",
    "source": "src",
    "script": "src",
    "iframe": "src",
}
MOVED = (301, 308)


class Links(HTMLParser):
    """The addresses that a page leads to or loads, and the places in it that a link may name."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.ids: set[str] = set()
        self.alternates: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("id"):
            self.ids.add(str(found["id"]))
        if address := found.get(LOADED.get(tag, "")):
            self.addresses.append(address)
        # What a form is sent to with POST is no page.
        if tag == "form" and (found.get("method") or "get").lower() == "get" and found.get("action"):
            self.addresses.append(str(found["action"]))
        if tag == "link" and found.get("rel") == "alternate":
            self.alternates.append((str(found.get("type")), str(found.get("href"))))


@dataclass
class Crawl:
    """What was found: answers by path and query, and which of them is mentioned where."""

    site: Site
    passing: re.Pattern[str] | None = None
    """Addresses that are passed by."""
    answers: dict[str, Answer] = field(default_factory=dict)
    places: dict[str, Links] = field(default_factory=dict)
    mentions: dict[str, str] = field(default_factory=dict)
    """`path#fragment`, or the path alone, and the first page that names it."""

    def follow(self, *starts: str) -> Crawl:
        """Everything that can be reached."""
        rest = list(starts)
        while rest:
            target = rest.pop()
            if target in self.answers or (self.passing and self.passing.match(target)):
                continue
            answer = self.answers[target] = self.site.get(target, Accept="*/*")
            for url in self._named(target, answer):
                path, fragment = urldefrag(url.removeprefix(self.site.address) or "/")
                self.mentions.setdefault(f"{path}#{fragment}" if fragment else path, target)
                rest.append(path)
        return self

    def broken(self) -> dict[str, str]:
        """Addresses that lead nowhere, and a page that names each."""
        return {
            f"{name} ({self.answers[urldefrag(name)[0]].status})": page
            for name, page in self.mentions.items()
            if urldefrag(name)[0] in self.answers and not self._leads_somewhere(name)
        }

    def telling(self, words: Iterable[str]) -> list[str]:
        """The answers that have one of these words in their address, headers or text."""
        return [
            f"{target}: {word}"
            for target, answer in self.answers.items()
            for word in words
            if word in f"{target}{answer.headers}{answer.text}".lower()
        ]

    def _named(self, target: str, answer: Answer) -> Iterator[str]:
        if answer.status in MOVED:
            yield urljoin(self.site.address, answer.headers["location"])
        elif answer.kind == "text/html":
            links = self.places[target] = Links(answer.text)
            here = self.site.address + target
            yield from (url for name in links.addresses if self._is_own(url := urljoin(here, name)))
        elif answer.status == 200:
            # Feeds, sitemaps and the like write addresses out in full.
            yield from re.findall(re.escape(self.site.address) + r"[^\s\"'<>\\)&]*", answer.text)

    def _is_own(self, url: str) -> bool:
        return url == self.site.address or url.startswith(f"{self.site.address}/")

    def _leads_somewhere(self, name: str) -> bool:
        target, fragment = urldefrag(name)
        answer = self.answers[target]
        if answer.status in MOVED:
            return self.answers[self._path(answer.headers["location"])].status == 200
        known = self.places.get(target)
        return answer.status == 200 and (not fragment or known is None or unquote(fragment) in known.ids)

    def _path(self, location: str) -> str:
        return urldefrag(urljoin(self.site.address, location).removeprefix(self.site.address))[0] or "/"
