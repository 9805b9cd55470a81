"""The log: one JSON object a line on standard output, and nothing that a person wrote in it."""

from __future__ import annotations

import json
import sys
import traceback
from contextvars import ContextVar
from typing import Any

_id: ContextVar[str] = ContextVar("id", default="")


def begin(request_id: str) -> None:
    """From now on every line of this request carries its id."""
    _id.set(request_id)


def write(**line: Any) -> None:
    sys.stdout.write(json.dumps({"id": _id.get(), **line}) + "\n")
    sys.stdout.flush()


def fault(error: Exception, outcome: str) -> None:
    """A mistake of ours: its kind and place. Its message may hold what a person wrote."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
    write(level="error", error=type(error).__name__, at=places, outcome=outcome)
