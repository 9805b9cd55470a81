"""The clients of AWS that this blog uses, tuned for few small calls, answered quickly."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
from botocore.parsers import ResponseParser, ResponseParserFactory
from botocore.session import Session

# A reader waits: three tries within some two seconds, then an honest answer.
CLIENT = Config(
    connect_timeout=0.6,
    read_timeout=2,
    retries={"mode": "legacy", "total_max_attempts": 3},
    parameter_validation=False,
    max_pool_connections=32,
    # botocore puts its own name together anew for each request, which takes a tenth of its time.
    user_agent="Parley",
)

# A request waits for this one, too, and the tick does what is not sent.
QUEUE_CLIENT = CLIENT.merge(Config(read_timeout=1.5, retries={"mode": "legacy", "total_max_attempts": 2}))
FILE_CLIENT = CLIENT.merge(Config(read_timeout=10, signature_version="s3v4"))
# A second try of the SDK's own could be a second mail. It may take its time: nobody waits for the worker.
MAIL_CLIENT = CLIENT.merge(
    Config(connect_timeout=2, read_timeout=8, retries={"mode": "legacy", "total_max_attempts": 1})
)


def dynamodb() -> Any:
    """A low-level client whose answers keep base64 text in `B` values (see `PlainParser`)."""
    session = Session()
    session.register_component("response_parser_factory", PlainParsers())
    return boto3.session.Session(botocore_session=session).client("dynamodb", config=CLIENT)


def sqs() -> Any:
    return boto3.client("sqs", config=QUEUE_CLIENT)


def s3() -> Any:
    """Its forms are signed for the bucket's own address in its region, where browsers send files. A storage
    elsewhere has no name for each bucket, so the bucket stands in the path there.
    """
    is_elsewhere = bool(os.environ.get("AWS_ENDPOINT_URL_S3"))
    addressing = Config(s3={"addressing_style": "path" if is_elsewhere else "virtual"})
    return boto3.client("s3", config=FILE_CLIENT.merge(addressing))


def ses() -> Any:
    return boto3.client("sesv2", config=MAIL_CLIENT)


def refusal(error: Exception) -> str | None:
    """Why a call certainly did nothing: the code of the service's own answer, or what kept the call from
    being sent. None where it may have been done all the same.
    """
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "")) or type(error).__name__
    if isinstance(error, BotoCoreError) and not isinstance(error, HTTPClientError | IncompleteReadError):
        return type(error).__name__
    return None


class PlainParser(ResponseParser):
    """Takes a good answer as the JSON that it is.

    botocore walks the whole output shape of an answer, which costs more than everything else in
    a page of fifty comments. Errors still go the ordinary way, so that they stay typed.
    """

    def __init__(self, ordinary: ResponseParser) -> None:
        super().__init__()
        self._ordinary = ordinary

    def parse(self, response: Mapping[str, Any], shape: Any) -> dict[str, Any]:
        if response["status_code"] >= 300:
            return self._ordinary.parse(response, shape)  # type: ignore[no-any-return]
        parsed: dict[str, Any] = json.loads(response["body"])
        parsed["ResponseMetadata"] = {"HTTPStatusCode": response["status_code"], "HTTPHeaders": {}}
        return parsed


class PlainParsers(ResponseParserFactory):
    """The botocore component that hands out parsers. botocore asks for one with each answer; they
    keep nothing, so one serves all.
    """

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, ResponseParser] = {}

    def create_parser(self, protocol_name: str) -> ResponseParser:
        if protocol_name not in self._made:
            self._made[protocol_name] = PlainParser(super().create_parser(protocol_name))
        return self._made[protocol_name]
