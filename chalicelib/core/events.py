"""What wakes the blog while nobody asks: a scheduled function, made of the same bundle as the one that
answers.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from chalice.app import Chalice, CloudWatchEvent, Rate

from chalicelib.core import jobs, log, table

SECONDS = 45
"""For which a tick begins another job: its function ends after sixty, and the next tick comes then."""


def serve_tick(app: Chalice) -> Callable[[Any, Any], Any]:
    """Register the tick. Lambda looks for what this returns under the name `tick` in `app.py`."""

    def tick(event: CloudWatchEvent) -> None:
        context: Any = event.context
        log.begin(context.aws_request_id)
        run_tick(SECONDS)

    handler: Callable[[Any, Any], Any] = app.schedule(Rate(1, unit=Rate.MINUTES), name="tick")(tick)
    return handler


def run_tick(seconds: float) -> int:
    """Do what is due, for at most so many seconds; how much there was. A tick that finds nothing leaves
    no line in the log.
    """
    began, meter = time.monotonic(), table.start_meter()
    total = count = jobs.run_due(seconds)
    while count == jobs.AT_ONCE and (left := seconds - (time.monotonic() - began)) > 0:
        count = jobs.run_due(left)
        total += count
    if total:
        spent = round((time.monotonic() - began) * 1000, 1)
        log.write(level="info", event="tick", jobs=total, ms=spent, calls=meter.calls, units=meter.units)
    return total
