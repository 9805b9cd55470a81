"""`make bench`: every figure is a ratio measured in this run; CPU, not wall time."""

from __future__ import annotations

import os

from bench import cold, curves, publishing, report, routes, threads, warm
from bench.sample import sample_blog


def main() -> None:
    with sample_blog() as sample:
        edited = publishing.much_edited(sample.blog)
        rows = [*cold.run(sample), *warm.run(edited), *publishing.run(sample)]
        costs = routes.run(sample)
    rows += threads.run()
    full = [curves.FULL_SIZE] if os.environ.get("FULL") else []
    points = curves.run([*curves.SIZES, *full])
    report.show(rows)
    routes.show(costs)
    curves.show(points)
    report.save({"ratios": rows, "routes": costs, "curves": points})


if __name__ == "__main__":
    main()
