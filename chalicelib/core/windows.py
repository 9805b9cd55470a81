"""How often something was done lately: exact sliding windows, which cost a refusal no write.

| pk | sk | holds |
|----|----|-------|
| `RATE#what#whose` | `-` | `at`: the seconds at which it was done; `turn`; `ttl` |

`whose` is a hash (`core.networks`), never an address. The item is read before, and written in the very
transaction that is counted, on condition that nobody wrote it meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chalicelib.core import clock
from chalicelib.core.items import fitting
from chalicelib.core.table import ABSENT, Item, Key, Put, When
from chalicelib.core.values import value


@value
class Limit:
    most: int
    seconds: int


@value
class Window:
    """What was done under a name, and under the one that it had until today."""

    key: Key
    at: tuple[int, ...]
    """Seconds since 1970, the earliest first."""
    before: tuple[int, ...]
    """Those under the other name."""
    turn: int

    def wait(self, limits: Sequence[Limit]) -> int:
        """For how many seconds it must not be done again; 0 where it may."""
        now = _now()
        return max((self._wait(limit, now) for limit in limits), default=0)

    def noted(self, limits: Sequence[Limit]) -> Put:
        """One time more. Refuses where it was written since it was read."""
        now = _now()
        kept = max((limit.seconds for limit in limits), default=0)
        most = max((limit.most for limit in limits), default=0)
        at = [time for time in (*self.at, now) if now - time < kept][-most or None :]
        item = {"pk": self.key[0], "sk": self.key[1], "at": at, "turn": self.turn + 1, "ttl": now + kept}
        return Put(item, When("#turn = :turn", turn=self.turn) if self.turn else ABSENT)

    def _wait(self, limit: Limit, now: int) -> int:
        if limit.most == 0:
            return 0
        recent = [time for time in sorted(self.before + self.at) if now - time < limit.seconds]
        return recent[-limit.most] + limit.seconds - now if len(recent) >= limit.most else 0


def keys(what: str, names: Sequence[str]) -> list[Key]:
    """Those to be read for `window`; the first is written."""
    return [(f"RATE#{what}#{name}", "-") for name in names]


def window(keys: Sequence[Key], found: Mapping[Key, Item]) -> Window:
    """`found` is what was read of the keys; old items are good, since every time in them is looked at."""
    now, *others = (fitting(found.get(key, {}), {"at": list, "turn": int}) for key in keys)
    return Window(
        keys[0], _times(now), tuple(time for item in others for time in _times(item)), now.get("turn", 0)
    )


def _times(item: Item) -> tuple[int, ...]:
    return tuple(time for time in item.get("at", ()) if type(time) is int)


def _now() -> int:
    return int(clock.now().timestamp())
