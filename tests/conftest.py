"""What every test stands on: a table of its own, on moto and on a real engine in turn.

moto loses writes under threads, so a test with concurrency in it asks for `engine_blog`.
"""

from __future__ import annotations

import os

os.environ.update(
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION="eu-west-1",
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    AWS_EC2_METADATA_DISABLED="true",
)

import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Self

import boto3
import pytest
from moto import mock_aws

import app as parley
from chalicelib.accounts.actions import create_token
from chalicelib.core import aws, clock, kept, objects, table
from chalicelib.core.config import config
from chalicelib.core.markup import RENDERER
from chalicelib.core.table import Delete
from chalicelib.settings import store as site_store
from chalicelib.settings.actions import forget_site
from chalicelib.settings.model import Site
from dev import engine
from tests.blog import Blog
from tests.faults import Faults


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run what takes long")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--slow"):
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="takes long; runs with --slow, as `make check` does"))


@pytest.fixture(scope="session")
def engine_endpoint() -> Iterator[str]:
    """A real engine in a process of its own."""
    running = engine.start_test_engine()
    yield running.endpoint
    running.stop()


@pytest.fixture(scope="session")
def clients(engine_endpoint: str) -> dict[str, Any]:
    """The blog's own kind of client, for each engine: making one takes longer than most tests."""
    with mock_aws():
        on_moto = aws.dynamodb()
    os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = engine_endpoint
    on_engine = aws.dynamodb()
    del os.environ["AWS_ENDPOINT_URL_DYNAMODB"]
    return {"moto": on_moto, "engine": on_engine}


@pytest.fixture(params=["moto", "engine"])
def blog(
    request: pytest.FixtureRequest, clients: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Blog]:
    """An empty blog, driven through the handler that Lambda calls."""
    yield from _blog(request.param, clients, monkeypatch)


@pytest.fixture
def engine_blog(clients: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Blog]:
    """An empty blog on the real engine alone."""
    yield from _blog("engine", clients, monkeypatch)


class Moment:
    """The clock of a test: it stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **parts: float) -> str:
        """Move on, and give the new time as the API writes it."""
        self.now += timedelta(**parts)
        return self.ahead()

    def ahead(self, **parts: float) -> str:
        return clock.stamp((self.now + timedelta(**parts)).replace(microsecond=0))


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> Moment:
    """Time stands still at noon on 23 November 2026."""
    at = Moment()
    monkeypatch.setattr(clock, "precisely", at)
    return at


@pytest.fixture
def faults(engine_blog: Blog, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faults]:
    """What stands between `engine_blog` and its storage; nobody waits before another try."""
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with Faults(table.client()) as between:
        yield between


UNGUARDED: dict[str, Any] = {
    "comments_per_minute": 0,
    "comments_per_day": 0,
    "comments_form_seconds": 0,
    "comments_form_hours": 0,
    "comments_hold_duplicates": False,
}
"""Settings with which a test can say what it likes as often as it likes; `GUARDED` are the given ones."""
GUARDED: dict[str, Any] = {name: getattr(Site(), name) for name in UNGUARDED}


def unmake_site() -> None:
    """As before a blog's first request."""
    table.write(Delete(site_store.KEY))
    forget_site()


MEDIA = "https://media.example.org"


class Bucket:
    """An empty bucket on moto, made when a test first needs it: most need none."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._client: Any = None

    def client(self) -> Any:
        if self._client is None:
            self._open.enter_context(mock_aws())
            self._client = _bucket_client()
            self._client.create_bucket(
                Bucket="files", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
            )
        return self._client

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()


@cache
def _bucket_client() -> Any:
    return aws.s3()


def _blog(kind: str, clients: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Blog]:
    with mock_aws() if kind == "moto" else nullcontext(), Bucket() as bucket:
        monkeypatch.setattr(table, "client", lambda: clients[kind])
        monkeypatch.setattr(objects, "client", bucket.client)
        monkeypatch.setenv("BUCKET_NAME", "files")
        monkeypatch.setenv("MEDIA_URL", MEDIA)
        monkeypatch.setenv("TABLE_NAME", f"t{uuid.uuid4().hex}")
        config.cache_clear()
        forget_site()
        kept.pages.forget()
        engine.create_table(_plain_client(clients[kind].meta.endpoint_url), config().table_name)
        site_store.create(Site(secrets=(b"s" * 32,), lasting=b"l" * 32, renderer=RENDERER, **UNGUARDED))
        yield Blog(parley.app, create_token("the tests").secret)
    config.cache_clear()
    forget_site()


@cache
def _plain_client(endpoint: str) -> Any:
    """One that reads answers the ordinary way; kept, since making one takes longer than most tests."""
    return boto3.client("dynamodb", endpoint_url=endpoint)
