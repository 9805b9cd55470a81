"""What a conversation costs as it grows: pages of one with 20,000 replies against those of one with 200.

`python -m bench.threads` measures it alone; `make bench` as well.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator
from contextlib import contextmanager

from bench.report import Row, show
from bench.sample import point_at
from bench.warm import Worker, worker

SIZES = {"small": 200, "large": 20_000}
TARGET = 1.1
ROUNDS, CALLS = 15, 10
TABLE = "threads"


def run() -> list[Row]:
    with _conversations() as last, worker("ours", TABLE) as small, worker("ours", TABLE) as large:
        pages = {
            "first page": {slug: f"/posts/{slug}" for slug in SIZES},
            "last page": last,
            "newest first": {slug: f"/posts/{slug}/comments?order=newest" for slug in SIZES},
        }
        return [row for name, paths in pages.items() for row in _compare(name, paths, small, large)]


def _compare(name: str, paths: dict[str, str], small: Worker, large: Worker) -> Iterator[Row]:
    """In turn, so that whatever else the machine does falls on both alike."""
    turns = range(ROUNDS + 1)
    pairs = [(large.cpu(paths["large"], CALLS), small.cpu(paths["small"], CALLS)) for _ in turns][1:]
    mine, floor = (statistics.median(column) for column in zip(*pairs, strict=True))
    label = f"{name}, {SIZES['large']:,} replies against {SIZES['small']}"
    ratio = statistics.median(a / b for a, b in pairs)
    yield Row(label, ratio, TARGET, f"{mine:.2f} ms against {floor:.2f} ms of CPU")
    calls, base = (one.ask(path)["calls"] for one, path in ((large, paths["large"]), (small, paths["small"])))
    yield Row(f"{label}, calls", calls / base, 1.0, f"{calls} against {base}")


@contextmanager
def _conversations() -> Iterator[dict[str, str]]:
    """Two posts on an engine that runs meanwhile; the addresses of the last pages of their conversations."""
    from dev import engine

    running = engine.start_test_engine("dynoxide")
    before = dict(os.environ)
    try:
        point_at(running.endpoint)
        os.environ["TABLE_NAME"] = TABLE
        yield _grown()
    finally:
        running.stop()
        os.environ.clear()
        os.environ.update(before)


def _grown() -> dict[str, str]:
    import boto3

    import app  # noqa: F401 - it hands `core` what that must not import
    from chalicelib.comments.reading import Thread, links_of
    from chalicelib.comments.store import row_sort_key
    from chalicelib.core import table
    from chalicelib.core.config import config
    from chalicelib.posts.actions import create_post
    from dev.engine import create_table
    from tests.comments.threads import grow

    config.cache_clear()
    table.client.cache_clear()
    create_table(boto3.client("dynamodb"), TABLE)
    last = {}
    for slug, size in SIZES.items():
        post = create_post({"title": slug.title(), "slug": slug, "body": "Some words. " * 300})
        made = grow(
            slug, [None if at % 10 == 0 else at - 1 for at in range(size)], "Reply {}. " + "Some words. " * 25
        )
        # Past all but the last fifty.
        at = row_sort_key(made[-51].path)
        last[slug] = f"/posts/{slug}{links_of(Thread((), after=at), post).next}"
    return last


if __name__ == "__main__":
    show(run())
