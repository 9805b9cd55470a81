"""The queues on this machine: in memory, in place of SQS, with a thread each that calls its worker as Lambda
does.

What is still in it when the server stops is forgotten. The jobs themselves are in the table, where the tick
of the next start finds them.
"""

from __future__ import annotations

import heapq
import itertools
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from dev.gateway import Context

Handler = Callable[[dict[str, Any], Any], Any]

AGAIN_SECONDS = 2.0
"""After which a message that failed comes again; in SQS, where jobs may take longer, it is six minutes."""
MOST_DELIVERIES = 5
BATCH = 10
FUNCTION_SECONDS = 60
FINISH_SECONDS = 2.0


@dataclass(order=True, slots=True)
class Message:
    at: float
    number: int
    body: str = field(compare=False)
    deliveries: int = field(default=0, compare=False)

    def as_record(self) -> dict[str, Any]:
        """As Lambda gets it from SQS."""
        return {
            "messageId": f"local-{self.number}",
            "receiptHandle": f"local-{self.number}-{self.deliveries}",
            "body": self.body,
            "attributes": {"ApproximateReceiveCount": str(self.deliveries)},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:local",
            "awsRegion": "us-east-1",
        }


class LocalQueue:
    """Delivers each message at least once."""

    def __init__(self, again: float = AGAIN_SECONDS, batch: int = BATCH) -> None:
        self._again = again
        self._batch = batch
        self._messages: list[Message] = []
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()
        self._ended = False
        self._running = Context("worker")

    def take(self, body: str) -> None:
        self._push(Message(time.monotonic(), next(self._numbers), body))

    def work(self, handler: Handler) -> None:
        """Deliver until `end` is called."""
        while batch := self._next_batch():
            self._running = Context(
                "worker",
                aws_request_id=f"worker-{batch[0].number}",
                deadline=time.monotonic() + FUNCTION_SECONDS,
            )
            failed = _failed(handler, batch, self._running)
            for message in batch:
                if message.number in failed:
                    self._fail(message)

    def end(self) -> None:
        with self._changed:
            self._ended = True
            # Of a batch that is being worked on, no other message is begun.
            self._running.deadline = 0
            self._changed.notify_all()

    def _push(self, message: Message) -> None:
        with self._changed:
            heapq.heappush(self._messages, message)
            self._changed.notify_all()

    def _next_batch(self) -> list[Message]:
        """What may be delivered, once there is something; nothing at the end."""
        with self._changed:
            while not self._ended and (wait := self._seconds_to_next()) != 0:
                self._changed.wait(wait)
            batch: list[Message] = []
            while not self._ended and len(batch) < self._batch and self._seconds_to_next() == 0:
                message = heapq.heappop(self._messages)
                message.deliveries += 1
                batch.append(message)
            return batch

    def _seconds_to_next(self) -> float | None:
        if not self._messages:
            return None
        return max(0, self._messages[0].at - time.monotonic())

    def _fail(self, message: Message) -> None:
        if message.deliveries < MOST_DELIVERIES:
            message.at = time.monotonic() + self._again
            self._push(message)
        else:
            print(f"Given up after {MOST_DELIVERIES} deliveries: {message.body}", file=sys.stderr, flush=True)


def _failed(handler: Handler, batch: list[Message], context: Context) -> set[int]:
    """Those that the worker did not answer; all of them where it raises, as with Lambda."""
    numbers = {f"local-{message.number}": message.number for message in batch}
    event = {"Records": [message.as_record() for message in batch]}
    try:
        answer = handler(event, context)
    except Exception as error:  # noqa: BLE001 - the thread must live
        from chalicelib.core import log

        log.fault(error, "a worker")
        return set(numbers.values())
    return {numbers[one["itemIdentifier"]] for one in answer["batchItemFailures"]}


def entry_point(name: str) -> Handler:
    """The very one that Lambda calls, looked for when the first message comes."""

    def call(event: dict[str, Any], context: Any) -> Any:
        import app

        return getattr(app, name)(event, context)

    return call


@contextmanager
def working(queue: LocalQueue, handler: Handler) -> Iterator[None]:
    """Deliver messages until the block ends. A job that is being done then may end first, for a little
    while.
    """
    thread = threading.Thread(target=queue.work, args=(handler,), name="worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        queue.end()
        thread.join(FINISH_SECONDS)


class LocalQueues:
    """All of them, by the address that the environment has; takes messages as SQS's client does."""

    def __init__(self) -> None:
        self._queues = {"jobs": LocalQueue(), "images": LocalQueue(batch=1)}

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Any]) -> dict[str, Any]:  # noqa: N803
        for entry in Entries:
            self._queues[QueueUrl].take(entry["MessageBody"])
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries], "Failed": []}

    @contextmanager
    def working(self) -> Iterator[None]:
        """Deliver messages of both until the block ends."""
        with (
            working(self._queues["jobs"], entry_point("worker")),
            working(self._queues["images"], entry_point("image_worker")),
        ):
            yield
