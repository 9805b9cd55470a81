"""The same blog for every benchmark: a post of 2,000 words with 0, 50 and 1,000 replies.

Words are drawn from a pool by their rank, as in ordinary prose, so that text compresses neither
better nor worse than it would.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

WORDS = """
the of and to in a is that it was for on are as with his they be at one have this from or had by
hot but some what there we can out other were all your when up use word how said an each she which
do their time if will way about many then them would write like so these her long make thing see
him two has look more day could go come did my sound no most number who over know water than call
first people may down side been now find any new work part take get place made live where after
back little only round man year came show every good me give our under name very through just form
much great think say help low line before turn cause same mean differ move right boy old too does
tell sentence set three want air well also play small end put home read hand port large spell add
even land here must big high such follow act why ask men change went light kind off need house
picture try us again animal point mother world near build self earth father letter harbour winter
lantern gravel orchard ferry notebook stubborn quarrel copper meadow chimney apprentice parcel
telegraph granite whisper threshold candle correspondence postmark archive migration lighthouse
""".split()

REPLIES = (0, 50, 1000)


@dataclass(frozen=True)
class Sample:
    blog: Any
    """`tests.blog.Blog`, on the engine that runs."""
    endpoint: str
    table: str


@contextmanager
def sample_blog(replies: tuple[int, ...] = REPLIES) -> Iterator[Sample]:
    """A filled blog on a real engine in a process of its own, driven through the handler."""
    from dev.engine import create_table, start_test_engine

    running = start_test_engine()
    try:
        point_at(running.endpoint)
        import boto3

        create_table(boto3.client("dynamodb"), "bench")
        yield Sample(_fill(replies), running.endpoint, "bench")
    finally:
        running.stop()


def point_at(endpoint: str) -> None:
    import os

    os.environ.update(
        AWS_ACCESS_KEY_ID="bench",
        AWS_SECRET_ACCESS_KEY="bench",
        AWS_DEFAULT_REGION="eu-west-1",
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_ENDPOINT_URL_DYNAMODB=endpoint,
        TABLE_NAME="bench",
    )


def _fill(replies: tuple[int, ...]) -> Any:
    import app
    from chalicelib.accounts.actions import create_token
    from chalicelib.posts.actions import create_post
    from tests.blog import Blog

    chance = random.Random(2011)
    for number in range(20):
        fields = {"tags": ["Letters", f"Topic {number % 4}"], "series": "One a day"}
        create_post({"title": f"Letter {number}", "body": article(chance, 300), **fields})
    create_post({"type": "page", "title": "About", "body": article(chance, 200)})
    for count in replies:
        post = create_post(
            {"title": f"Post with {count}", "slug": f"replies-{count}", "body": article(chance, 2000)}
        )
        _converse(chance, post, count)
    return Blog(app.app, create_token("bench").secret)


def _converse(chance: random.Random, post: Any, count: int) -> None:
    from chalicelib.comments.actions import leave_comment
    from chalicelib.comments.screening import Sender
    from chalicelib.core.requests import Principal
    from chalicelib.core.visitors import new_visitor
    from chalicelib.moderation.actions import decide

    known: list[str] = []
    for number in range(count):
        parent = chance.choice(known) if known and chance.random() < 0.6 else None
        fields = {"name": f"Reader {number}", "body": prose(chance, 52), "parent": parent}
        sender = Sender(f"198.51.{number}.0/24", new_visitor(), is_stamped=True)
        comment, _ = leave_comment(post, fields, sender)
        decide([comment.full_id], "approved", by=Principal("", "the sample", frozenset()))
        known.append(comment.id)


def article(chance: random.Random, words: int) -> str:
    return "\n\n".join(prose(chance, 100) for _ in range(words // 100))


def prose(chance: random.Random, words: int) -> str:
    weights = [1 / (rank + 3) for rank in range(len(WORDS))]
    drawn = chance.choices(WORDS, weights, k=words)
    return " ".join(word.capitalize() + "." if at % 13 == 12 else word for at, word in enumerate(drawn)) + "."
