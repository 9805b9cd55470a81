"""What benchmarks give: rows of a table, and the same as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path("build/bench.json")


@dataclass(frozen=True)
class Row:
    """One measure: a ratio, the target it is held to (if any), and what it was made of."""

    name: str
    ratio: float
    target: float | None
    detail: str

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        return "met" if self.ratio <= self.target else "MISSED"


def show(rows: Sequence[Row]) -> None:
    width = max(len(row.name) for row in rows)
    print(f"{'measure':{width}}  ratio  target  ")
    for row in rows:
        target = f"{row.target:5.2f}" if row.target else "     "
        print(f"{row.name:{width}}  {row.ratio:5.2f}  {target} {row.verdict:6}  {row.detail}")


def save(results: dict[str, object]) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2, default=asdict) + "\n")
    print(f"\nWritten to {RESULTS}.")
