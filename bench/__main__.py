"""`make bench`: every figure is a ratio measured in this run; CPU, not wall time."""

from __future__ import annotations

from bench import cold, report, routes, warm
from bench.sample import sample_blog


def main() -> None:
    with sample_blog() as sample:
        rows = [*cold.run(sample), *warm.run()]
        costs = routes.run(sample)
    report.show(rows)
    routes.show(costs)
    report.save({"ratios": rows, "routes": costs})


if __name__ == "__main__":
    main()
