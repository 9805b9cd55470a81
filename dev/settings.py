"""What the environment asks of the local server."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dev import engine
from dev.folder import CannotStart
from dev.listener import HOST

TABLE = "parley"
BUCKET = "parley"
MAIL_FROM = "blog@localhost"
KEY = "local"
"""Access key and secret of the engine."""
LAST_PORT = 65535


@dataclass(frozen=True)
class Settings:
    port: int
    media_port: int | None
    """None where it was not chosen: the next one, or any that is free."""
    folder: Path
    author_token: str
    endpoint: str
    """Of DynamoDB; empty for the embedded engine."""
    s3_endpoint: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """Read the environment; raise CannotStart on a value that makes no sense."""
        chosen = environment.get("MEDIA_PORT")
        return cls(
            _port("PORT", environment.get("PORT") or "8000"),
            _port("MEDIA_PORT", chosen) if chosen else None,
            Path(environment.get("DATA_DIR") or engine.ROOT / ".data").expanduser().resolve(),
            _token(environment.get("AUTHOR_TOKEN", "")),
            _endpoint("DYNAMODB_ENDPOINT", environment.get("DYNAMODB_ENDPOINT", "")),
            _endpoint("S3_ENDPOINT", environment.get("S3_ENDPOINT", "")),
        )

    @property
    def needs_engine(self) -> bool:
        return not (self.endpoint and self.s3_endpoint)


def _port(name: str, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > LAST_PORT:
        raise CannotStart(f"{name} is {text!r}: give a number from 1 to {LAST_PORT}, or 0 for any free port.")
    return int(text)


def _token(text: str) -> str:
    if text and not re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", text):
        raise CannotStart(
            "AUTHOR_TOKEN may hold letters, digits and . _ ~ + / - only, as a Bearer token does."
        )
    return text


def _endpoint(name: str, text: str) -> str:
    url = urlsplit(text)
    if text and (url.scheme not in ("http", "https") or not url.hostname):
        raise CannotStart(f"{name} is {text!r}: give an address such as http://127.0.0.1:8001.")
    return text.rstrip("/")


def reach(name: str, endpoint: str) -> None:
    """Fail early where nothing answers at an endpoint that was given."""
    url = urlsplit(endpoint)
    try:
        port = url.port or (443 if url.scheme == "https" else 80)
        socket.create_connection((url.hostname or "", port), timeout=3).close()
    except (OSError, ValueError) as error:
        raise CannotStart(f"Nothing answers at {name} {endpoint} ({error}): start that engine.") from None


@dataclass(frozen=True)
class Places:
    """Where everything is, as addresses."""

    blog: str
    media: str
    dynamodb: str
    s3: str


def point_environment(environment: Any, places: Places) -> None:
    """Point the AWS libraries at the engine and keep them away from the user's own accounts."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_SECURITY_TOKEN"):
        environment.pop(name, None)
    environment |= {
        "TABLE_NAME": TABLE,
        "BUCKET_NAME": BUCKET,
        "PUBLIC_URL": places.blog,
        "MEDIA_URL": places.media,
        # The engines look at no policy of a form: the origin does.
        "UPLOAD_URL": places.media and f"{places.media}/",
        "AWS_ENDPOINT_URL_DYNAMODB": places.dynamodb,
        "AWS_ENDPOINT_URL_S3": places.s3,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": KEY,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # Of the two spellings the lower-case one wins where a proxy is set.
        "no_proxy": ",".join(
            filter(None, [HOST, environment.get("no_proxy") or environment.get("NO_PROXY")])
        ),
    }


def keep_here(environment: Any, mail: Path) -> None:
    """Nothing leaves this machine: jobs wait in its own queues, and mails are files in a folder."""
    environment |= {
        "QUEUE_URL": "jobs",
        "IMAGE_QUEUE_URL": "images",
        "MAIL_FROM": MAIL_FROM,
        "MAIL_FOLDER": str(mail),
    }
