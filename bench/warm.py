"""CPU of a page in a warm process, against a bare function that makes the same Query with boto3
and returns a constant. Client side only: the engine is another process.
"""

from __future__ import annotations

import gzip
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from bench.report import Row
from bench.sample import REPLIES

ROUNDS = 25
CALLS = 25
TARGETS = {0: 1.1, 50: 0.9}
AGAIN_TARGET = 1.2
EDITED_TARGET = 1.1
FIRST_FLIGHT = 14_336
"""Ten segments of TCP: what a server may send before it hears of the reader again (RFC 6928)."""
SMALL_READ = 1_024


def run(edited: str) -> list[Row]:
    """`edited` is the slug of a post of the same length, with many revisions and pictures."""
    with worker("ours") as ours, worker("bare") as bare:
        pages = [
            (f"warm page, {count} replies", f"/posts/replies-{count}", TARGETS.get(count))
            for count in REPLIES
        ]
        pages.append(("warm home page", "/", None))
        made = [_compare(name, path, ours, bare, target=target) for name, path, target in pages]
        kept = [_compare(f"{name}, kept", path, ours, bare, how="kept") for name, path, _ in pages]
        return [*made, *kept, *_edited(edited, ours), *_weight(ours), *_again(ours, bare)]


class Worker:
    """A process of `bench.worker`."""

    def __init__(self, told: IO[str], asked: IO[str]) -> None:
        self._told, self._asked = told, asked

    def ask(self, path: str, calls: int = 0, how: str = "made") -> dict[str, Any]:
        """What that many calls took, and what came of one; `how` as `bench.worker` has it."""
        self._told.write(json.dumps({"path": path, "calls": calls, "how": how}) + "\n")
        self._told.flush()
        told: dict[str, Any] = json.loads(self._asked.readline())
        return told

    def cpu(self, path: str, calls: int, how: str = "made") -> float:
        """Milliseconds of CPU a call."""
        return float(self.ask(path, calls, how)["cpu"])


@contextmanager
def worker(kind: str, table: str = "bench") -> Iterator[Worker]:
    command = [sys.executable, "-m", "bench.worker", kind]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TABLE_NAME": table},
    )
    if not process.stdin or not process.stdout:
        raise RuntimeError("a worker without pipes")
    try:
        yield Worker(process.stdin, process.stdout)
    finally:
        process.communicate(timeout=10)


def _compare(
    name: str, path: str, ours: Worker, bare: Worker, *, target: float | None = None, how: str = "made"
) -> Row:
    """In turn, a few calls at a time, so that whatever else the machine does falls on both alike."""
    turns = range(ROUNDS + 1)
    pairs = [(ours.cpu(path, CALLS, how), bare.cpu(path, CALLS, how)) for _ in turns][1:]
    mine, floor = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    return Row(name, ratio, target, f"{mine:.2f} ms against {floor:.2f} ms of CPU")


def _edited(slug: str, ours: Worker) -> Iterator[Row]:
    """Against a post that was never edited and has no pictures."""
    path, plain = f"/posts/{slug}", "/posts/replies-0"
    turns = range(ROUNDS + 1)
    pairs = [(ours.cpu(path, CALLS), ours.cpu(plain, CALLS)) for _ in turns][1:]
    ratio = statistics.median(a / b for a, b in pairs)
    mine, floor = (statistics.median(column) for column in zip(*pairs, strict=True))
    detail = f"{mine:.2f} ms against {floor:.2f} ms of CPU"
    yield Row("50 revisions and 40 pictures", ratio, EDITED_TARGET, detail)
    yield _within("50 revisions and 40 pictures, calls", ours.ask(path)["calls"], 1, "")


def _weight(ours: Worker) -> Iterator[Row]:
    size = len(gzip.compress(ours.ask("/posts/replies-50")["body"].encode(), 6))
    yield _within("page with 50 replies, gzipped", size, FIRST_FLIGHT, "bytes")


def _again(ours: Worker, bare: Worker) -> Iterator[Row]:
    """A reader who has the page already."""
    from tests.capacity import item_size

    path = "/posts/replies-50"
    read = sum(map(item_size, bare.ask(path, how="unchanged")["items"]))
    yield _within("unchanged page (304), calls", ours.ask(path, how="unchanged")["calls"], 1, "")
    yield _within("unchanged page (304), read", read, SMALL_READ, "bytes")
    yield _compare("unchanged page (304)", path, ours, bare, target=AGAIN_TARGET, how="unchanged")


def _within(name: str, count: int, limit: int, unit: str) -> Row:
    return Row(name, count / limit, 1.0, f"{count:,} of {limit:,} {unit}".rstrip())
