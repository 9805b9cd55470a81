"""`python -m bench.worker ours` or `bare`: a warm process that serves pages and tells what they took.

Reads one JSON request a line, `{"path": "/", "calls": 25}`, and writes the CPU milliseconds of a
call. Two processes, so that neither pays for the other's memory.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

Serve = Callable[[], Any]


def main(kind: str) -> None:
    find = {"ours": ours, "bare": bare}[kind]
    told = sys.stdout
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        for line in sys.stdin:
            asked = json.loads(line)
            print(_cpu(find(asked["path"]), asked["calls"]), file=told, flush=True)


@cache
def ours(path: str) -> Serve:
    """The handler that Lambda calls, with the event of a page."""
    import app
    from dev.gateway import Gateway, Request

    event = Gateway(app.app).event(Request("GET", path))
    if (status := app.app(event, None)["statusCode"]) != 200:
        raise RuntimeError(f"{path} answered {status}")
    return lambda: app.app(event, None)


@cache
def bare(path: str) -> Serve:
    """A function that makes the same Query with boto3 and returns a constant."""
    import boto3

    client = boto3.client("dynamodb")
    arguments = {"TableName": os.environ["TABLE_NAME"], **_query(path)}

    def function() -> str:
        client.query(**arguments)
        return "<!doctype html><title>A page</title>"

    return function


def _query(path: str) -> dict[str, Any]:
    from chalicelib.settings.model import Site
    from chalicelib.site.reading import FIRST_READ

    if path == "/":
        return {
            "IndexName": "list",
            "KeyConditionExpression": "lpk = :p AND lsk <= :b",
            "ExpressionAttributeValues": {":p": {"S": "POSTS"}, ":b": {"S": "2999"}},
            "ScanIndexForward": False,
            "Limit": Site().posts_per_page + 1,
        }
    slug = path.removeprefix("/posts/")
    return {
        "KeyConditionExpression": "pk = :p AND sk BETWEEN :a AND :b",
        "ExpressionAttributeValues": {":p": {"S": f"P#{slug}"}, ":a": {"S": "0card"}, ":b": {"S": "c#~"}},
        "Limit": FIRST_READ,
    }


def _cpu(serve: Serve, calls: int) -> float:
    began = time.process_time_ns()
    for _ in range(calls):
        serve()
    return (time.process_time_ns() - began) / calls / 1e6


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main(sys.argv[1])
