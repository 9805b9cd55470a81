"""Work that follows a change: noted in the change's own transaction, done right after it, and swept
up by the tick where that did not happen or is not due yet.

| pk | sk | index | holds |
|----|----|-------|-------|
| `JOB#kind#about` | `-` | work: `JOBS` by `due#kind#about` | `turn`, `tries` |

There is one job of a kind about a thing: noting it again renews it. Handlers look at the state as it
is, so doing one twice, or two at once, changes nothing more. `app.py` says which there are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from chalicelib.core import clock, log, table, text
from chalicelib.core.items import fitting
from chalicelib.core.table import Delete, Item, Key, Put, Refused, Update, When, Write
from chalicelib.core.values import value

Handler = Callable[[str], datetime | None]
"""Takes what the job is about; gives when it is to be done again, if ever."""

QUEUE = "JOBS"
AT_ONCE = 25
GRACE = timedelta(seconds=30)
"""The tick leaves a job to whoever noted it for so long."""
LONGEST_WAIT = timedelta(hours=1)

_handlers: Mapping[str, Handler] = {}


def use(handlers: Mapping[str, Handler]) -> None:
    """Called once by `app.py`: what each kind of job does."""
    global _handlers
    _handlers = handlers


@value
class Job:
    kind: str
    about: str
    turn: str
    """Tells this noting of the job from every other."""
    tries: int = 0

    @property
    def key(self) -> Key:
        return f"JOB#{self.kind}#{self.about}", "-"

    def put(self, grace: timedelta = GRACE) -> Put:
        """Goes into the transaction of the change."""
        due = self._queued(clock.now() + grace)
        return Put({"pk": self.key[0], "sk": self.key[1], "turn": self.turn, "tries": 0, **due})

    def later(self, due: datetime, tries: int = 0) -> Update:
        return Update(self.key, put={"tries": tries, **self._queued(due)}, when=self._unrenewed)

    def done(self) -> Delete:
        return Delete(self.key, self._unrenewed)

    @property
    def _unrenewed(self) -> When:
        return When("#turn = :turn", turn=self.turn)

    def _queued(self, due: datetime) -> Item:
        return {"wpk": QUEUE, "wsk": f"{clock.stamp(due)}#{self.kind}#{self.about}"}


def new(kind: str, about: str) -> Job:
    return Job(kind, about, text.new_id(clock.precisely()))


def run(job: Job) -> None:
    """Do it now. What goes wrong is logged, and the tick tries again: the change itself stands."""
    try:
        again = _handlers[job.kind](job.about)
    except Exception as error:  # noqa: BLE001 - whatever it is, the others must be done
        log.fault(error, f"job {job.kind}")
        _postpone(job)
        return
    _close(job, job.later(again) if again else job.done())


def run_due(seconds: float) -> int:
    """Those that are due, for at most so many seconds; how many."""
    end, count = time.monotonic() + seconds, 0
    now = clock.stamp(clock.now())
    for item in table.query(QUEUE, index="work", limit=AT_ONCE, end=f"{now}~"):
        job = _from_item(item)
        if job and time.monotonic() < end:
            run(job)
            count += 1
    return count


def _postpone(job: Job) -> None:
    """Twice as long each time."""
    wait = min(timedelta(seconds=2 ** min(job.tries, 20)) + GRACE, LONGEST_WAIT)
    _close(job, job.later(clock.now() + wait, job.tries + 1))


def _close(job: Job, how: Write) -> None:
    try:
        table.write(how)
    except Refused:
        pass  # Noted again meanwhile: that one is somebody else's.
    except Exception as error:  # noqa: BLE001 - it stays due, then
        log.fault(error, f"job {job.kind}, to be closed")


def _from_item(item: Item) -> Job | None:
    _, _, rest = str(item["pk"]).partition("#")
    kind, _, about = rest.partition("#")
    known = fitting(item, {"turn": str, "tries": int})
    return Job(kind, about, known["turn"], known.get("tries", 0)) if "turn" in known else None
