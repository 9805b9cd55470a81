"""Runs inside an unpacked bundle, as Lambda would, in an interpreter that sees nothing else but boto3.

`python -I -S dev/bundle/probe.py BUNDLE LIBRARIES HANDLER` reads one JSON request a line from standard
input and writes one JSON answer a line. `dev/bundle/check.py` is at the other end. Nothing of this
project but the bundle may be imported here.
"""

from __future__ import annotations

import builtins
import importlib
import io
import json
import os
import sys
import time
import zoneinfo
from pathlib import Path
from typing import IO, Any


class Probe:
    """One started bundle: the handler, and what of it had to be compiled to get there."""

    def __init__(self, bundle: str, libraries: str, handler: str) -> None:
        self.bundle = bundle
        self.allowed = (bundle, libraries, *sys.path)
        self.compiled: list[str] = []
        sys.path[:0] = [bundle, libraries]
        # Lambda's machine has no time zones.
        zoneinfo.reset_tzpath(())
        self._watch_compiler()
        module, name = handler.split(".")
        self.handler = getattr(importlib.import_module(module), name)

    def _watch_compiler(self) -> None:
        """Note whatever of the bundle is compiled: modules without bytecode, and templates."""
        ordinary = builtins.compile

        def watched(source: Any, filename: Any, *rest: Any, **options: Any) -> Any:
            if str(filename).startswith(self.bundle):
                self.compiled.append(os.path.relpath(str(filename), self.bundle))
            return ordinary(source, filename, *rest, **options)

        setattr(builtins, "compile", watched)  # noqa: B010

    def answer(self, request: dict[str, Any]) -> Any:
        """One request: an event for the handler, a tick, messages, a token, pictures, or a report."""
        match request:
            case {"event": event}:
                return self.handler(event, Context(event["requestContext"]["requestId"]))
            case {"tick": _}:
                tick = importlib.import_module("app").tick
                return tick(TICK, Context("tick"))
            case {"messages": records}:
                worker = importlib.import_module("app").worker
                return worker({"Records": records}, Context("worker"))
            case {"token": scopes}:
                actions = importlib.import_module("chalicelib.accounts.actions")
                return actions.create_token(name="Bundle check", scopes=scopes).secret
            case {"encode": kinds}:
                return {kind: encoded(kind) for kind in kinds}
            case _:
                return {
                    "pictures": "PIL" in sys.modules,
                    "strangers": self.strangers(),
                    "compiled": self.compiled,
                    "release": self.release(),
                    "cpu": time.process_time(),
                }

    def release(self) -> str:
        """By which the running code knows itself; empty for another application."""
        versions: Any = sys.modules.get("chalicelib.core.versions")
        return str(versions.release()) if versions else ""

    def strangers(self) -> list[str]:
        """Loaded modules that come neither from the bundle nor from boto3 nor with Python."""
        files = {name: getattr(module, "__file__", None) for name, module in list(sys.modules.items())}
        own = str(Path(__file__).resolve())
        known = ("<frozen", *self.allowed)
        return [name for name, file in files.items() if file and file != own and not file.startswith(known)]


def encoded(kind: str) -> list[int]:
    """The size of a picture that was made in a format and read again, by the bundle's own libraries."""
    image: Any = importlib.import_module("PIL.Image")
    kept = io.BytesIO()
    image.new("RGB", (64, 48), "teal").save(kept, kind)
    with image.open(kept) as found:
        found.load()
        return list(found.size) if found.format == kind else []


# What EventBridge sends.
TICK = {
    "version": "0",
    "account": "123456789012",
    "region": "us-east-1",
    "detail": {},
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "time": "2026-11-23T12:00:00Z",
    "id": "1",
    "resources": ["arn:aws:events:us-east-1:123456789012:rule/tick"],
}


class Context:
    """What Lambda hands over beside the event."""

    function_name = "check"
    memory_limit_in_mb = 1024

    def __init__(self, request_id: str) -> None:
        self.aws_request_id = request_id

    def get_remaining_time_in_millis(self) -> int:
        """Always a minute."""
        return 60_000


def main(channel: IO[str]) -> None:
    """Answer until standard input ends; what cannot be answered is an error with its type and words."""
    probe = Probe(*sys.argv[1:4])
    for line in sys.stdin:
        try:
            answer = {"answer": probe.answer(json.loads(line))}
        except Exception as error:  # noqa: BLE001 - whatever it is, the other end reports it
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=channel, flush=True)


if __name__ == "__main__":
    # What the application prints is its log. It goes to standard error, so that the channel stays clean.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    main(answers)
