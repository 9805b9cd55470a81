"""Work that follows a change: noted in the change's own transaction, done after it, and swept up by the
tick where that did not happen or is not due yet.

| pk | sk | index | holds |
|----|----|-------|-------|
| `JOB#kind#about` | `-` | work: `JOBS` by `due#kind#about` | `turn`, `tries`, `leased`, `by` |
| the same, given up | `-` | work: `JOBS#dead` by `since#kind#about` | `turn`, `tries`, `error` |

What must be read at once is done in the request that noted it:

    job = new(kind, about); table.transact([…, job.put()]); run(job)

Everything else is done by the worker, which a message wakes:

    job = new(kind, about); table.transact([…, job.put(queued=True)]); send([job])

The item is what counts. A message that is lost costs a minute, one that comes twice costs a read. There is
one job of a kind about a thing: noting it again renews it. Handlers look at the state as it is, so doing
one twice, or two at once, changes nothing more. `app.py` says which there are, and which of them are heavy:
those need more memory than the tick has, which therefore sends them to the worker that has it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module

from chalicelib.core import clock, log, queue, table, text
from chalicelib.core.config import config
from chalicelib.core.items import fitting
from chalicelib.core.table import Delete, Item, Key, Put, Refused, Update, When, Write
from chalicelib.core.values import value

Handler = Callable[[str], datetime | None]
"""Takes what the job is about; gives when it is to be done again, if ever."""

QUEUE, DEAD = "JOBS", "JOBS#dead"
AT_ONCE = 25
GRACE = timedelta(seconds=30)
"""The tick leaves a job to whoever noted it, or to the worker, for so long."""
LEASE = timedelta(seconds=90)
"""Nobody else takes a job that was taken; longer than any function may run."""
MOST_TRIES = 8
"""With the waits between them, some seventeen hours."""
LONGEST_WAIT = timedelta(hours=6)
HANDED_ON = timedelta(minutes=10)
"""For which the tick leaves a heavy job to the message that it sent for it."""
LONGEST_ABOUT = 900
"""Bytes: it stands in a sort key, which may have 1,024."""

_handlers: Mapping[str, Handler] = {}
_heavy: frozenset[str] = frozenset()


def use(handlers: Mapping[str, Handler], heavy: Iterable[str] = ()) -> None:
    """Called once by `app.py`: what each kind of job does, and which kinds take much memory."""
    global _handlers, _heavy
    _handlers, _heavy = handlers, frozenset(heavy)


def later(modules: Mapping[str, Iterable[str]]) -> dict[str, Handler]:
    """Handlers from the `JOBS` of modules that are loaded when one of them has something to do; `modules` is
    {module: kinds of job}.
    """
    return {kind: partial(_do_later, module, kind) for module, kinds in modules.items() for kind in kinds}


def _do_later(module: str, kind: str, about: str) -> datetime | None:
    handler: Handler = import_module(module).JOBS[kind]
    return handler(about)


def is_known(kind: str) -> bool:
    return kind in _handlers


@value
class Job:
    kind: str
    about: str
    turn: str
    """Tells this noting of the job from every other."""
    tries: int = 0
    """How many were begun."""

    @property
    def key(self) -> Key:
        return f"JOB#{self.kind}#{self.about}", "-"

    def put(self, grace: timedelta = GRACE, *, queued: bool = False) -> Put:
        """Goes into the transaction of the change. Whoever notes it is to `run` it within the grace, or to
        `send` it where it is `queued`.
        """
        due = clock.now() + grace
        held = {} if queued else {"leased": clock.stamp(due)}
        item = {"pk": self.key[0], "sk": self.key[1], "turn": self.turn, "tries": 0}
        return Put({**item, **held, **self._at(QUEUE, due)})

    def taken(self, by: str) -> Update:
        end = clock.now() + LEASE
        lease = {"leased": clock.stamp(end), "by": by, **self._at(QUEUE, end)}
        return Update(self.key, put=lease, add={"tries": 1}, when=self._free)

    def later(self, due: datetime, tries: int = 0) -> Update:
        """Nobody's, and not before it is due: a message that comes late must not hurry it."""
        put = {"tries": tries, "leased": clock.stamp(due), **self._at(QUEUE, due)}
        return Update(self.key, put=put, drop=("by",), when=self._unrenewed)

    def handed_on(self) -> Update:
        """To a worker, by a message, unless one has it; the tick sends another one where that is lost."""
        return Update(self.key, put=self._at(QUEUE, clock.now() + HANDED_ON), when=self._free)

    def done(self) -> Delete:
        return Delete(self.key, self._unrenewed)

    def dead(self, error: str) -> Update:
        put = {"tries": self.tries, "error": error, **self._at(DEAD, clock.now())}
        return Update(self.key, put=put, drop=("by", "leased"), when=self._unrenewed)

    @property
    def _free(self) -> When:
        """The very noting that was seen, in the queue, and nobody else's."""
        free = "(attribute_not_exists(#leased) OR #leased <= :now)"
        return When(
            f"#turn = :turn AND #wpk = :queue AND {free}",
            turn=self.turn,
            queue=QUEUE,
            now=clock.stamp(clock.now()),
        )

    @property
    def _unrenewed(self) -> When:
        return When("#turn = :turn", turn=self.turn)

    def _at(self, where: str, moment: datetime) -> Item:
        return _place(where, moment, self.kind, self.about)


def _place(where: str, moment: datetime, kind: str, about: str) -> Item:
    return {"wpk": where, "wsk": f"{clock.stamp(moment)}#{kind}#{about}"}


def new(kind: str, about: str) -> Job:
    """A job about something that is known by its ids."""
    if len(about.encode()) > LONGEST_ABOUT:
        raise ValueError(f"a job of the kind {kind} is about too much")
    return Job(kind, about, text.new_id(clock.precisely()))


# --- doing it --------------------------------------------------------------------------------


def run(job: Job) -> bool:
    """Do what was just noted. What goes wrong is logged, and the tick tries again: the change itself
    stands. Whether it was done.
    """
    return _do(replace(job, tries=job.tries + 1))


def send(jobs: Iterable[Job]) -> None:
    """Wake the worker for what was noted as queued. Never raises: the tick does what is not sent."""
    noted = list(jobs)
    for heavy in (False, True):
        if part := [job for job in noted if (job.kind in _heavy) == heavy]:
            messages: list[queue.Message] = [
                {"kind": job.kind, "about": job.about, "turn": job.turn} for job in part
            ]
            queue.send(messages, heavy=heavy)


def answer(message: queue.Message) -> bool:
    """Do what a message asks for. Whether the message has served its purpose: not where somebody else is
    still at it, or where it failed.
    """
    job = Job(message["kind"], message["about"], message["turn"])
    item = table.get(job.key)
    if item is None or _needs_nobody(item, job):
        return True
    tries = fitting(item, {"tries": int}).get("tries", 0)
    if taken := _take(replace(job, tries=tries)):
        return _do(taken)
    item = table.get(job.key)
    return item is None or _needs_nobody(item, job)


def run_due(seconds: float) -> int:
    """Those that are due, for at most so many seconds; how many."""
    end, count = time.monotonic() + seconds, 0
    for item in table.query(QUEUE, index="work", limit=AT_ONCE, end=f"{clock.stamp(clock.now())}~"):
        if time.monotonic() >= end:
            break
        count += _take_and_do(item)
    return count


def _take_and_do(item: Item) -> bool:
    """Whether it was tried, well or not. One that cannot be taken must not keep the others waiting."""
    try:
        job = _from_item(item)
        if not job:
            _set_aside(item)
        if job and job.kind in _heavy and config().image_queue_url:
            return _hand_on(job)
        taken = job and _take(job)
    except Exception as error:  # noqa: BLE001 - it stays due, then
        log.fault(error, "a job, to be taken")
        return False
    if taken:
        _do(taken)
    return bool(taken)


def _hand_on(job: Job) -> bool:
    """Whether it was sent to the worker that has the memory for it."""
    try:
        table.write(job.handed_on())
    except Refused:
        return False
    send([job])
    return True


def _needs_nobody(item: Item, job: Job) -> bool:
    """Noted again, which has a message of its own; given up; or waiting for its time, which the tick
    knows.
    """
    waits = "by" not in item and str(item.get("leased", "")) > clock.stamp(clock.now())
    return item.get("turn") != job.turn or item.get("wpk") != QUEUE or waits


def _take(job: Job) -> Job | None:
    """The job, where nobody else has it: it is ours for the length of a lease."""
    by = text.new_id(clock.precisely())
    try:
        table.write(job.taken(by))
    except Refused:
        # It may have been us: the answer to a first try can get lost.
        if (table.get(job.key) or {}).get("by") != by:
            return None
    return replace(job, tries=job.tries + 1)


def _do(job: Job) -> bool:
    try:
        again = _handlers[job.kind](job.about)
    except Exception as error:  # noqa: BLE001 - whatever it is, the others must be done
        log.fault(error, f"job {job.kind}")
        _fail(job, type(error).__name__)
        return False
    _close(job, job.later(again) if again else job.done())
    return True


def _fail(job: Job, error: str) -> None:
    """Four times as long each time, and at last not again."""
    if job.tries < MOST_TRIES:
        wait = min(GRACE * 4 ** min(job.tries - 1, 10), LONGEST_WAIT)
        _close(job, job.later(clock.now() + wait, job.tries))
    elif _close(job, job.dead(error)):
        log.write(level="error", event="job dead", kind=job.kind, tries=job.tries, error=error)


def _close(job: Job, how: Write) -> bool:
    try:
        table.write(how)
    except Refused:
        return False  # Noted again meanwhile: that one is somebody else's.
    except Exception as error:  # noqa: BLE001 - it stays due, then
        log.fault(error, f"job {job.kind}, to be closed")
        return False
    return True


def _from_item(item: Item) -> Job | None:
    kind, about = _named(item)
    known = fitting(item, {"turn": str, "tries": int})
    return Job(kind, about, known["turn"], known.get("tries", 0)) if "turn" in known else None


def _named(item: Item) -> tuple[str, str]:
    _, _, rest = str(item["pk"]).partition("#")
    kind, _, about = rest.partition("#")
    return kind, about


# --- those that were given up ----------------------------------------------------------------


@value
class Dead:
    kind: str
    about: str
    since: str
    tries: int
    error: str


def dead(limit: int) -> list[Dead]:
    """Jobs that failed too often, the oldest first."""
    return [_dead(item) for item in table.query(DEAD, index="work", limit=limit)]


def retry_dead() -> int:
    """Put all of them back to where the tick finds them, with all their tries before them; how many."""
    count = 0
    while found := table.query(DEAD, index="work", limit=AT_ONCE):
        revived = sum(map(_revive, found))
        count += revived
        if not revived:
            break
    return count


def _dead(item: Item) -> Dead:
    known = fitting(item, {"tries": int, "error": str})
    since = str(item["wsk"]).partition("#")[0]
    return Dead(*_named(item), since, known.get("tries", 0), known.get("error", ""))


def _revive(item: Item) -> bool:
    job = new(*_named(item))
    put = {"turn": job.turn, "tries": 0, **_place(QUEUE, clock.now(), job.kind, job.about)}
    return _move(item, put, ("error",))


def _set_aside(item: Item) -> None:
    """One that cannot be read would stand at the head of the queue for ever."""
    kind, about = _named(item)
    if _move(item, {"error": "Unreadable", **_place(DEAD, clock.now(), kind, about)}, ("by", "leased")):
        log.write(level="error", event="job dead", kind=kind, error="Unreadable")


def _move(item: Item, put: Item, drop: tuple[str, ...]) -> bool:
    """Unless it is no longer where it was seen."""
    when = When("#wpk = :queue AND #wsk = :at", queue=item["wpk"], at=item["wsk"])
    try:
        table.write(Update((item["pk"], item["sk"]), put=put, drop=drop, when=when))
    except Refused:
        return False
    return True
