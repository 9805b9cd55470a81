"""A blog in a process of its own, and a plain HTTP client for it."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from dev import engine
from tests.dev.test_serve import environment, wait_until

TOKEN = "parley_browser_tests"
SECONDS = 30
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}


@dataclass(frozen=True)
class Answer:
    """What came back for one request; redirects are not followed."""

    status: int
    headers: dict[str, str]
    body: bytes

    @cached_property
    def text(self) -> str:
        return self.body.decode()

    @property
    def kind(self) -> str:
        """The media type alone."""
        return self.headers.get("content-type", "").partition(";")[0]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Site:
    """A running blog. `known` holds the addresses that only its making gave, by name."""

    address: str
    known: dict[str, str] = field(default_factory=dict)

    def send(
        self, method: str, target: str, body: bytes | str = b"", headers: dict[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=SECONDS)
        try:
            connection.request(method, target, body or None, {"Accept": "text/html", **(headers or {})})
            got = connection.getresponse()
            return Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())
        finally:
            connection.close()

    def get(self, target: str, **headers: str) -> Answer:
        return self.send("GET", target, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def form(self, target: str, **fields: str) -> Answer:
        """As a browser sends it."""
        return self.send("POST", target, urlencode(fields), FORM)

    def api(self, method: str, target: str, /, **fields: Any) -> Any:
        """As the author. Raises AssertionError unless it is done."""
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        got = self.send(method, target, json.dumps(fields) if fields else b"", headers)
        assert got.status < 300, f"{method} {target} {fields}: {got.status} {got.text}"
        return got.json if got.body else None

    def local(self, url: str, base: str = "/") -> str | None:
        """The path and query of an address on this blog, as written on the page `base`; else None."""
        if url.startswith(self.address):
            url = url.removeprefix(self.address) or "/"
        if urlsplit(url).scheme or url.startswith("//"):
            return None
        target = url.partition("#")[0]
        if not target or target.startswith("?"):
            return base.partition("?")[0] + target if target else base
        return target


def settled(site: Site) -> bool:
    """Whether the last change is old enough for lists to be sure of themselves: until then their tags change."""
    first = site.get("/feed.atom").headers["last-modified"]
    return datetime.now(UTC) - parsedate_to_datetime(first) > timedelta(seconds=5)


@contextmanager
def serving(folder: Path) -> Iterator[Site]:
    """`make run` on a free port, with its demonstration blog; ended with the block."""
    # A file: the log of a pipe that nobody reads would stop the server once the pipe is full.
    log = folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "dev.serve"],
            cwd=engine.ROOT,
            env=environment(folder / "data", AUTHOR_TOKEN=TOKEN),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until(lambda: "Ctrl-C" in log.read_text() or process.poll() is not None)
        found = re.search(r"http://127\.0\.0\.1:\d+", log.read_text())
        assert found, log.read_text()
        yield Site(found[0])
    finally:
        process.terminate()
        process.wait()
