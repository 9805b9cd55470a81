"""What lists cost as a blog grows: the same pages of blogs of 100 and of many more posts.

`python -m bench.curves 100 10000 100000` measures other sizes. `FULL=1` adds a million posts, which take half
an hour to make and four gigabytes of memory.
"""

from __future__ import annotations

import os
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.sample import point_at
from bench.warm import Worker, worker

SIZES = (100, 10_000)
FULL_SIZE = 1_000_000
TARGET = 1.1
ALIKE = 1.25
"""Pages are compared where one shows at most so many times as much as the other."""
ROUNDS, CALLS = 9, 10
NEWEST = datetime(2025, 12, 31, 12, tzinfo=UTC)
CROWDED = timedelta(days=29)
"""The smallest blog once more, within a month: full pages of a year and a month to compare with."""
SHOWN = re.compile(r"/posts/letter-\d+|/archive/\d{4}/\d\d\b|/sitemaps/\d{4}-\d\d(?:-\d\d)?\b")

PATHS = {
    "/": "/",
    "/tags/{tag}": "/tags/topic-1",
    "/archive": "/archive",
    "/archive/{year}": "/archive/2025",
    "/archive/{year}/{month}": "/archive/2025/12",
    "/series/{series}": "/series/every-other-letter",
    "/feed.atom": "/feed.atom",
    "/sitemap.xml": "/sitemap.xml",
    "/sitemaps/{part}": "/sitemaps/2025-12.xml",
    "/sitemaps/{part}, a day": "/sitemaps/2025-12-31.xml",
}
OF_A_TIME = ("/archive/", "/sitemaps/")


@dataclass(frozen=True)
class Point:
    """A page of a blog of some size."""

    route: str
    posts: int
    calls: int
    units: float
    shown: int
    """Addresses of posts, months or days on it."""
    cpu: float
    ratio: float | None
    """CPU against the page of the smallest blog, where both show about as much."""

    @property
    def verdict(self) -> str:
        if self.ratio is None:
            return ""
        return "met" if self.ratio <= TARGET else "MISSED"


def run(sizes: Sequence[int] = SIZES) -> list[Point]:
    with _blogs() as ask, ExitStack() as stack:
        small, *large = sizes
        crowded = stack.enter_context(worker("ours", ask(small, CROWDED)))
        first = stack.enter_context(worker("ours", ask(small)))
        others = {size: stack.enter_context(worker("ours", ask(size))) for size in large}
        return [point for route in PATHS for point in _curve(route, small, first, crowded, others)]


def show(points: Sequence[Point]) -> None:
    width = max(len(point.route) for point in points)
    print(f"\n{'list':{width}}      posts  calls  units  shown    CPU ms  ratio  target")
    for point in points:
        ratio = f"{point.ratio:6.2f}  {TARGET:6.2f} {point.verdict}" if point.ratio else ""
        figures = f"{point.calls:6} {point.units:6.1f} {point.shown:6,} {point.cpu:9.2f} {ratio}"
        print(f"{point.route:{width}} {point.posts:10,} {figures}".rstrip())


def _curve(
    route: str, small: int, first: Worker, crowded: Worker, others: dict[int, Worker]
) -> Iterator[Point]:
    base = crowded if PATHS[route].startswith(OF_A_TIME) else first
    floor = _shown(base, route)
    yield _point(route, small, base, None)
    for size, one in others.items():
        shown = _shown(one, route)
        alike = max(shown, floor) <= ALIKE * min(shown, floor)
        yield _point(route, size, one, base if alike else None)


def _shown(one: Worker, route: str) -> int:
    return len(set(SHOWN.findall(one.ask(PATHS[route])["body"])))


def _point(route: str, posts: int, one: Worker, base: Worker | None) -> Point:
    """Measured in turn with what it is compared with."""
    path = PATHS[route]
    pairs = [(one.cpu(path, CALLS), base.cpu(path, CALLS) if base else None) for _ in range(ROUNDS + 1)][1:]
    ratios = [mine / floor for mine, floor in pairs if floor]
    cost = one.ask(path)
    return Point(
        route,
        posts,
        cost["calls"],
        cost["units"],
        _shown(one, route),
        statistics.median(mine for mine, _ in pairs),
        statistics.median(ratios) if ratios else None,
    )


# --- blogs -----------------------------------------------------------------------------------


@contextmanager
def _blogs() -> Iterator[Callable[..., str]]:
    """A function that makes a blog and gives the name of its table, on an engine that runs meanwhile."""
    from bench.decade import YEARS
    from dev import engine

    running = engine.start_test_engine("dynoxide")

    def make(count: int, span: timedelta = YEARS) -> str:
        return _made(f"posts{count}-{span.days}", count, span)

    before = dict(os.environ)
    try:
        point_at(running.endpoint)
        yield make
    finally:
        running.stop()
        os.environ.clear()
        os.environ.update(before)


def _made(name: str, count: int, span: timedelta) -> str:
    """A blog of so many posts; the name of its table."""
    import boto3

    from bench.decade import fill
    from dev.engine import create_table

    create_table(boto3.client("dynamodb"), name)
    began = time.perf_counter()
    items = fill(_client(), name, count, NEWEST, span)
    print(f"made {name}: {items:,} items in {time.perf_counter() - began:.0f} s", flush=True)
    return name


def _client() -> Any:
    import boto3
    from botocore.config import Config

    return boto3.client("dynamodb", config=Config(parameter_validation=False, read_timeout=120))


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or [*SIZES, *([FULL_SIZE] if os.environ.get("FULL") else [])]
    show(run(sizes))


if __name__ == "__main__":
    main()
