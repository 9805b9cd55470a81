"""`python -m bench.worker ours` or `bare`: a warm process that serves pages and tells what they took.

Reads one JSON request a line, `{"path": "/", "calls": 25}`, and writes what a call took, as JSON: `cpu`
in milliseconds, and of the blog's own pages also body and what its line in the log says. `"how"` is
`made`, where the page is made anew each time, `kept`, where this process has it from before, or
`unchanged`, where the client has a copy already and asks whether it is still good. Two processes, so that
neither pays for the other's memory.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

Told = dict[str, Any]
Serve = Callable[[], Any]


def main(kind: str) -> None:
    find = {"ours": ours, "bare": bare}[kind]
    told = sys.stdout
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        for line in sys.stdin:
            asked = json.loads(line)
            serve, seen = find(asked["path"], asked["how"])
            print(json.dumps({**seen, "cpu": _cpu(serve, asked["calls"])}), file=told, flush=True)


@cache
def ours(path: str, how: str) -> tuple[Serve, Told]:
    """The handler that Lambda calls, with the event of a page, and what it answered."""
    import app
    from chalicelib.core import kept
    from dev.gateway import Gateway, Request

    gateway = Gateway(app.app)
    where, _, query = path.partition("?")
    first = app.app(gateway.event(Request("GET", where, query)), None)
    tag = {**first["headers"], **{n: v[0] for n, v in first["multiValueHeaders"].items()}}.get("ETag", "")
    event = gateway.event(
        Request("GET", where, query, headers=[("If-None-Match", tag)] if how == "unchanged" else [])
    )

    def serve() -> Any:
        if how == "made":
            kept.pages.forget()
        return app.app(event, None)

    log = io.StringIO()
    with contextlib.redirect_stdout(log):
        answer = serve()
    if answer["statusCode"] != (304 if how == "unchanged" else 200):
        raise RuntimeError(f"{path} answered {answer['statusCode']}")
    line = json.loads(log.getvalue().splitlines()[-1])
    seen = {"body": answer["body"], "calls": line["calls"], "units": line["units"]}
    return serve, seen


@cache
def bare(path: str, how: str) -> tuple[Serve, Told]:
    """A function that makes the same Query with boto3 and returns a constant, and what is read then."""
    import boto3

    client = boto3.client("dynamodb")
    arguments = {"TableName": os.environ["TABLE_NAME"], **_query(path, how)}

    def function() -> str:
        client.query(**arguments)
        return "<!doctype html><title>A page</title>"

    return function, {"items": client.query(**arguments)["Items"] if how == "unchanged" else []}


def _query(path: str, how: str) -> dict[str, Any]:
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
    first, last = ("2n#", "2n#~") if how == "unchanged" else ("0card", "c#~")
    return {
        "KeyConditionExpression": "pk = :p AND sk BETWEEN :a AND :b",
        "ExpressionAttributeValues": {":p": {"S": f"P#{slug}"}, ":a": {"S": first}, ":b": {"S": last}},
        "Limit": FIRST_READ,
    }


def _cpu(serve: Serve, calls: int) -> float:
    began = time.process_time_ns()
    for _ in range(calls):
        serve()
    return (time.process_time_ns() - began) / max(1, calls) / 1e6


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main(sys.argv[1])
