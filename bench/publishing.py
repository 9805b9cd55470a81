"""What publishing takes: a post of 2,000 words with ten code blocks and three tags, among others that share
them. CPU of everything that happens before the author has the answer, of the gateway too; write units by
DynamoDB's rules, with the revision and all lists.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator
from itertools import count
from typing import Any

from bench.report import Row
from bench.sample import Sample, article, prose

POSTS = 15
MOST_MS, MOST_UNITS = 150, 60
TAGS = ["Letters", "Topic 1", "Code"]
REVISIONS, PICTURES = 50, 40


def run(sample: Sample) -> list[Row]:
    from chalicelib.core import table
    from tests.capacity import Measure

    chance = random.Random(2026)
    titles = (f"A long letter, {number}" for number in count())
    _publish(sample.blog, next(titles), _text(chance))  # Everything is loaded then.
    spent = [_cpu(sample.blog, next(titles), _text(chance)) for _ in range(POSTS)]
    measure = Measure(table.client())
    units = max(_units(measure, sample.blog, next(titles), _text(chance)) for _ in range(3))
    took = statistics.median(spent)
    return [
        Row("publishing 2,000 words, CPU", took / MOST_MS, 1.0, f"{took:.0f} of {MOST_MS} ms"),
        Row("publishing 2,000 words, written", units / MOST_UNITS, 1.0, f"{units:.0f} of {MOST_UNITS} units"),
    ]


def much_edited(blog: Any) -> str:
    """The slug of a post of 2,000 words with fifty revisions and forty pictures."""
    chance = random.Random(7)
    name = "8a3c" * 8
    parts = article(chance, 2000).split("\n\n")
    pictures = [f"![A picture](/media/{name}-2000x15{number:02}.jpg)" for number in range(PICTURES)]
    body = "\n\n".join(parts + pictures)
    post = blog.post("Much edited", body, slug="much-edited")
    for number in range(REVISIONS - 1):
        got = blog.api("PATCH", f"/api/posts/{post['id']}", body=f"{body}\n\nEdit {number}.")
        if got.status != 200:
            raise RuntimeError(got.text)
    return "much-edited"


def _text(chance: random.Random) -> str:
    parts = [part for number in range(10) for part in (article(chance, 200), _code(chance, number))]
    return "\n\n".join(parts)


def _code(chance: random.Random, number: int) -> str:
    return "```python\n" + "\n".join(_lines(chance, number)) + "\n```"


def _lines(chance: random.Random, number: int) -> Iterator[str]:
    for line in range(6):
        yield f"def letter_{number}_{line}(name: str, lines: int = {line}) -> str:"
        yield f'    return f"{{name}}: {prose(chance, 4)}" * lines  # {prose(chance, 3)}'


def _publish(blog: Any, title: str, body: str) -> None:
    got = blog.api("POST", "/api/posts", title=title, body=body, tags=TAGS)
    if got.status != 201:
        raise RuntimeError(got.text)


def _cpu(blog: Any, title: str, body: str) -> float:
    began = time.process_time_ns()
    _publish(blog, title, body)
    return (time.process_time_ns() - began) / 1e6


def _units(measure: Any, blog: Any, title: str, body: str) -> float:
    return float(measure.of(lambda: _publish(blog, title, body)).writes)
