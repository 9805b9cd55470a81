"""What goes into the log with an act, in the act's own transaction."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.core import clock, text
from chalicelib.core.requests import Principal
from chalicelib.core.table import Put
from chalicelib.core.values import value
from chalicelib.moderation import store
from chalicelib.moderation.model import Entry, Step


@value
class Note:
    """Who does something, and why, to however many things at a time."""

    batch: str
    by: Principal
    why: str = ""
    undoes: str = ""

    def entries(self, place: int, about: str, steps: Iterable[Step], version: int) -> list[Put]:
        """One for each step of what happens to a thing. `place` tells it from others of the batch."""
        return [
            store.put_entry(self._entry(f"{place:03}{number}", step, about, version))
            for number, step in enumerate(steps)
        ]

    def _entry(self, place: str, step: Step, about: str, version: int) -> Entry:
        return Entry(
            id=f"{self.batch}.{place}",
            at=clock.now(),
            who=self.by.name,
            token_id=self.by.token_id,
            act=step.act,
            about=about,
            before=step.before,
            after=step.after,
            why=self.why,
            version=version,
            undoes=self.undoes,
        )


def new_note(by: Principal, why: str = "", undoes: str = "") -> Note:
    return Note(text.new_id(clock.precisely()), by, why, undoes)
