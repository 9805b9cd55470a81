"""The tick on this machine: a thread in place of the scheduled function."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS = 2.0
FINISH_SECONDS = 2.0


@contextmanager
def ticks(seconds: float = SECONDS) -> Iterator[None]:
    """Do what is due every few seconds, until the block ends. A job that is being done then may end
    first, for a little while.
    """
    ended = threading.Event()
    thread = threading.Thread(target=_tick, args=(ended, seconds), name="tick", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(FINISH_SECONDS)


def _tick(ended: threading.Event, seconds: float) -> None:
    from chalicelib.core import events, log

    log.begin("tick")
    while not ended.wait(seconds):
        try:
            events.run_tick(seconds)
        except Exception as error:  # noqa: BLE001 - the next one may succeed
            if not ended.is_set():
                log.fault(error, "a tick")
