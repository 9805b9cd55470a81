"""CPU of a page in a warm process, against a bare function that makes the same Query with boto3
and returns a constant. Client side only: the engine is another process.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from bench.report import Row
from bench.sample import REPLIES

ROUNDS = 25
CALLS = 25
TARGETS = {0: 1.1, 50: 0.9}


def run() -> list[Row]:
    with _worker("ours") as ours, _worker("bare") as bare:
        pages = [
            (f"warm page, {count} replies", f"/posts/replies-{count}", TARGETS.get(count))
            for count in REPLIES
        ]
        pages.append(("warm home page", "/", None))
        return [_compare(name, target, path, ours, bare) for name, path, target in pages]


class Worker:
    """A process of `bench.worker`."""

    def __init__(self, told: IO[str], asked: IO[str]) -> None:
        self._told, self._asked = told, asked

    def cpu(self, path: str, calls: int) -> float:
        """Milliseconds of CPU a call."""
        self._told.write(json.dumps({"path": path, "calls": calls}) + "\n")
        self._told.flush()
        return float(self._asked.readline())


@contextmanager
def _worker(kind: str) -> Iterator[Worker]:
    command = [sys.executable, "-m", "bench.worker", kind]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if not process.stdin or not process.stdout:
        raise RuntimeError("a worker without pipes")
    try:
        yield Worker(process.stdin, process.stdout)
    finally:
        process.communicate(timeout=10)


def _compare(name: str, target: float | None, path: str, ours: Worker, bare: Worker) -> Row:
    """In turn, a few calls at a time, so that whatever else the machine does falls on both alike."""
    pairs = [(ours.cpu(path, CALLS), bare.cpu(path, CALLS)) for _ in range(ROUNDS + 1)][1:]
    mine, floor = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    return Row(name, ratio, target, f"{mine:.2f} ms against {floor:.2f} ms of CPU")
