"""Calls, capacity units (as the engine counts them) and bytes of each route that readers use."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
from dataclasses import dataclass

from bench.sample import REPLIES, Sample


@dataclass(frozen=True)
class Cost:
    route: str
    status: int
    calls: int
    units: float
    bytes: int
    compressed: int


def run(sample: Sample) -> list[Cost]:
    posts = [f"/posts/replies-{count}" for count in REPLIES]
    return [_cost(sample, path) for path in ("/", *posts, f"{posts[-1]}/comments", "/nothing/here")]


def show(costs: list[Cost]) -> None:
    print(f"\n{'route':32} status  calls  units    bytes  gzipped")
    for cost in costs:
        figures = f"{cost.status:6} {cost.calls:6} {cost.units:6.1f} {cost.bytes:8,} {cost.compressed:8,}"
        print(f"{cost.route:32} {figures}")


def _cost(sample: Sample, path: str) -> Cost:
    sample.blog.get(path)
    log = io.StringIO()
    with contextlib.redirect_stdout(log):
        got = sample.blog.get(path)
    line = json.loads(log.getvalue().splitlines()[-1])
    body = got.text.encode()
    return Cost(path, got.status, line["calls"], line["units"], len(body), len(gzip.compress(body, 6)))
