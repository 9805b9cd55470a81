"""CPU of a page in a warm process, against a bare function that makes the same Query with boto3
and returns a constant. Client side only: the engine is another process.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.report import Row
from bench.sample import REPLIES, Sample

ROUNDS = 25
CALLS = 25
TARGETS = {0: 1.1, 50: 0.9}


def run(sample: Sample) -> list[Row]:
    rows = []
    for count in REPLIES:
        slug = f"replies-{count}"
        rows.append(
            _compare(
                f"warm page, {count} replies",
                TARGETS.get(count),
                _page(sample, f"/posts/{slug}"),
                _post(sample, slug),
            )
        )
    rows.append(_compare("warm home page", None, _page(sample, "/"), _home(sample)))
    return rows


def _page(sample: Sample, path: str) -> Callable[[], Any]:
    import app
    from dev.gateway import Request

    event = sample.blog.gateway.event(Request("GET", path))
    if (status := app.app(event, None)["statusCode"]) != 200:
        raise RuntimeError(f"{path} answered {status}")
    return lambda: app.app(event, None)


def _post(sample: Sample, slug: str) -> Callable[[], Any]:
    from chalicelib.site.reading import FIRST_READ

    values = {":p": {"S": f"P#{slug}"}, ":a": {"S": "0card"}, ":b": {"S": "c#~"}}
    return _bare(sample, "pk = :p AND sk BETWEEN :a AND :b", values, Limit=FIRST_READ)


def _home(sample: Sample) -> Callable[[], Any]:
    from chalicelib.settings.model import Site

    values = {":p": {"S": "POSTS"}, ":b": {"S": "2999"}}
    more = {"IndexName": "list", "ScanIndexForward": False, "Limit": Site().posts_per_page + 1}
    return _bare(sample, "lpk = :p AND lsk <= :b", values, **more)


def _bare(sample: Sample, condition: str, values: dict[str, Any], **more: Any) -> Callable[[], str]:
    import boto3

    client = boto3.client("dynamodb")
    arguments = {
        "TableName": sample.table,
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": values,
        **more,
    }

    def function() -> str:
        client.query(**arguments)
        return "<!doctype html><title>A page</title>"

    return function


def _compare(name: str, target: float | None, ours: Callable[[], Any], floor: Callable[[], Any]) -> Row:
    """In turn, a few calls at a time, so that whatever else the machine does falls on both alike."""
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        pairs = [(_cpu(ours), _cpu(floor)) for _ in range(ROUNDS + 1)][1:]
    mine, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    return Row(name, ratio, target, f"{mine:.2f} ms against {bare:.2f} ms of CPU")


def _cpu(function: Callable[[], Any]) -> float:
    """Milliseconds of CPU a call."""
    began = time.process_time_ns()
    for _ in range(CALLS):
        function()
    return (time.process_time_ns() - began) / CALLS / 1e6
