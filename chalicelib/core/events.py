"""What wakes the blog while nobody asks: a scheduled function and one behind the queue, made of the same
bundle as the one that answers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chalice.app import Chalice, CloudWatchEvent, Rate, SQSEvent

from chalicelib.core import jobs, log, queue, table

SECONDS = 45
"""For which a tick begins another job: its function ends after sixty, and the next tick comes then."""
MARGIN = 15_000
"""Milliseconds that the worker wants before it begins another job."""
AT_ONCE = 2
"""Workers; AWS takes no smaller number."""
QUEUE_ARN = "arn:aws:sqs:us-east-1:123456789012:jobs"
IMAGE_QUEUE_ARN = "arn:aws:sqs:us-east-1:123456789012:images"
"""Chalice wants them. The template puts the real ones in their place."""

Handler = Callable[[Any, Any], Any]

_upkeep: Callable[[], None] | None = None


def use(upkeep: Callable[[], None]) -> None:
    """Called once by `app.py`: what the first tick of each process does, such as after another release."""
    global _upkeep
    _upkeep = upkeep


def serve_tick(app: Chalice) -> Handler:
    """Register the tick. Lambda looks for what this returns under the name `tick` in `app.py`."""

    def tick(event: CloudWatchEvent) -> None:
        context: Any = event.context
        log.begin(context.aws_request_id)
        run_tick(SECONDS)

    handler: Handler = app.schedule(Rate(1, unit=Rate.MINUTES), name="tick")(tick)
    return handler


def run_tick(seconds: float) -> int:
    """Do what is due, for at most so many seconds; how much there was. A tick that finds nothing leaves
    no line in the log.
    """
    began, meter = time.monotonic(), table.start_meter()
    _keep_up()
    total = count = jobs.run_due(seconds)
    while count == jobs.AT_ONCE and (left := seconds - (time.monotonic() - began)) > 0:
        count = jobs.run_due(left)
        total += count
    if total:
        spent = round((time.monotonic() - began) * 1000, 1)
        log.write(level="info", event="tick", jobs=total, ms=spent, calls=meter.calls, units=meter.units)
    return total


def _keep_up() -> None:
    global _upkeep
    upkeep, _upkeep = _upkeep, None
    try:
        if upkeep:
            upkeep()
    except Exception as error:  # noqa: BLE001 - the jobs that are due come first; the next tick tries again
        _upkeep = upkeep
        log.fault(error, "the upkeep")


def serve_worker(app: Chalice) -> Handler:
    """Register the worker. Lambda looks for what this returns under the name `worker` in `app.py`."""

    # Chalice tells Lambda the name of the function itself.
    def worker(event: SQSEvent) -> dict[str, Any]:
        return _work(event)

    register = app.on_sqs_message(
        queue_arn=QUEUE_ARN, batch_size=queue.BATCH, maximum_concurrency=AT_ONCE, name="worker"
    )
    handler: Handler = register(worker)
    return handler


def serve_image_worker(app: Chalice) -> Handler:
    """Register the worker for heavy jobs, which does one at a time. Lambda looks for what this returns under
    the name `image_worker` in `app.py`.
    """

    def image_worker(event: SQSEvent) -> dict[str, Any]:
        return _work(event)

    register = app.on_sqs_message(
        queue_arn=IMAGE_QUEUE_ARN, batch_size=1, maximum_concurrency=AT_ONCE, name="image_worker"
    )
    handler: Handler = register(image_worker)
    return handler


def _work(event: SQSEvent) -> dict[str, Any]:
    context: Any = event.context
    log.begin(context.aws_request_id)
    failed = run_batch(event.to_dict()["Records"], context.get_remaining_time_in_millis)
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}


def run_batch(records: Iterable[Mapping[str, Any]], left: Callable[[], float]) -> list[str]:
    """Do what the messages ask for, in their order, while there is time: `left` gives milliseconds. The ids
    of those that are to come again.
    """
    began, meter = time.monotonic(), table.start_meter()
    outcomes = [(record["messageId"], left() > MARGIN and _answer(record)) for record in records]
    failed = list(dict.fromkeys(message_id for message_id, is_answered in outcomes if not is_answered))
    spent = round((time.monotonic() - began) * 1000, 1)
    log.write(
        level="info",
        event="worker",
        messages=len(outcomes),
        failed=len(failed),
        ms=spent,
        calls=meter.calls,
        units=meter.units,
    )
    return failed


def _answer(record: Mapping[str, Any]) -> bool:
    """Whether the message can go. One that makes no sense fails until the queue sets it aside."""
    try:
        message = queue.read(record["body"])
        if message and jobs.is_known(message["kind"]):
            return jobs.answer(message)
    except Exception as error:  # noqa: BLE001 - the storage may fail; the other messages are to be answered
        log.fault(error, "a message")
        return False
    log.write(level="error", event="message refused", unknown="kind" if message else "form")
    return False
