"""The queues that wake the workers: SQS, or what stands for it on this machine.

A message is `{"kind", "about", "turn"}` as JSON: ids and a version, never content.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol, TypedDict

from chalicelib.core import log
from chalicelib.core.config import config

BATCH = 10
"""As many as SQS takes at once."""


class Message(TypedDict):
    kind: str
    about: str
    turn: str


class Service(Protocol):
    """The part of SQS's client that is used here."""

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Any]) -> Any: ...  # noqa: N803


_stand_in: Service | None = None


def use(service: Service | None) -> None:
    """Called by the local server: what stands for SQS there."""
    global _stand_in
    _stand_in = service


def send(messages: Sequence[Message], *, heavy: bool = False) -> None:
    """Hand them on where there is a queue; `heavy` ones to the worker that has room. What fails is logged and
    left to the tick, and nobody waits for a service that does not answer more than once.
    """
    url = (heavy and config().image_queue_url) or config().queue_url
    for start in range(0, len(messages) if url else 0, BATCH):
        part = messages[start : start + BATCH]
        entries = [{"Id": str(at), "MessageBody": json.dumps(one)} for at, one in enumerate(part)]
        try:
            failed = _service().send_message_batch(QueueUrl=url, Entries=entries).get("Failed", [])
        except Exception as error:  # noqa: BLE001 - the change stands, and the tick knows of the jobs
            log.fault(error, "jobs not sent")
            return
        if failed:
            codes = sorted({str(one.get("Code")) for one in failed})
            log.write(level="warning", event="jobs not sent", jobs=len(failed), codes=codes)


def read(body: str) -> Message | None:
    """A message as it was sent; None for anything else."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or {type(found.get(name)) for name in Message.__annotations__} != {str}:
        return None
    return Message(kind=found["kind"], about=found["about"], turn=found["turn"])


def _service() -> Service:
    return _stand_in or client()


@cache
def client() -> Any:
    """Made on first use and kept."""
    from chalicelib.core.aws import sqs

    return sqs()
