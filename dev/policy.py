"""Whether a form may bring a file, as S3 judges it: the signature of its policy, its end, each condition.

No engine for this machine checks forms, so the local server does. What is said of a refusal, and with which
code, is what S3 says.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

MOST = 5 * 1024**3
"""Bytes that S3 takes in one form."""
ALGORITHM = "AWS4-HMAC-SHA256"
SIGNED_WITH = ("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature")
UNCHECKED = {"policy", "x-amz-signature", "file"}
"""Fields that a policy need not mention; nor those that begin with `x-ignore-`."""


class Refusal(Exception):
    """An answer of S3 that is an error: its status, its code, and further elements of its XML."""

    def __init__(self, status: int, code: str, message: str, **more: object) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.more = status, code, message, more


@dataclass(frozen=True)
class Signer:
    """Whose forms are taken, and for which bucket."""

    access_key: str
    secret: str = field(repr=False)
    bucket: str


@dataclass(frozen=True)
class Size:
    """Bytes that a file may have."""

    least: int = 0
    most: int = MOST

    def check(self, found: int) -> None:
        self.check_so_far(found)
        if found < self.least:
            raise Refusal(
                400,
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size",
                ProposedSize=found,
                MinSizeAllowed=self.least,
            )

    def check_so_far(self, found: int) -> None:
        if found > self.most:
            raise Refusal(
                400,
                "EntityTooLarge",
                "Your proposed upload exceeds the maximum allowed size",
                ProposedSize=found,
                MaxSizeAllowed=self.most,
            )


def check(fields: Mapping[str, str], signer: Signer, now: datetime) -> Size:
    """How long the file of a form may be. Fields are those before it, with names in lower case."""
    if not fields.get("key"):
        raise _argument("Bucket POST must contain a field named 'key'.", "key", "")
    if "policy" not in fields:
        raise Refusal(403, "AccessDenied", "Access Denied")
    for name in SIGNED_WITH:
        if name not in fields:
            raise _argument(f"Bucket POST must contain a field named '{name}'.", name, "")
    _check_signature(fields, signer)
    policy = _read(fields["policy"])
    if now >= policy.ends:
        raise _denied("Policy expired.")
    given = {"bucket": signer.bucket, **fields}
    for one in policy.conditions:
        if not one.holds(given):
            raise _denied(f"Policy Condition failed: {one}")
    mentioned = {one.name for one in policy.conditions} | UNCHECKED
    if extra := sorted(name for name in fields if name not in mentioned and not name.startswith("x-ignore-")):
        raise _denied(f"Extra input fields: {', '.join(extra)}")
    return policy.size


@dataclass(frozen=True)
class Condition:
    """`eq` or `starts-with`, the name of a field in lower case, and the value that it is held against."""

    operator: str
    name: str
    value: str

    def holds(self, fields: Mapping[str, str]) -> bool:
        found = fields.get(self.name)
        if found is None:
            return False
        return found == self.value if self.operator == "eq" else found.startswith(self.value)

    def __str__(self) -> str:
        return json.dumps([self.operator, f"${self.name}", self.value])


@dataclass(frozen=True)
class Policy:
    ends: datetime
    conditions: tuple[Condition, ...]
    size: Size


def _read(encoded: str) -> Policy:
    try:
        document = json.loads(base64.b64decode(encoded, validate=True))
        ends = datetime.fromisoformat(document["expiration"]).astimezone(UTC)
        parts = [part for one in document["conditions"] for part in _parts(one)]
        sizes = [part for part in parts if isinstance(part, Size)]
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise Refusal(400, "InvalidPolicyDocument", "Invalid Policy: Invalid JSON.") from None
    size = Size(max((s.least for s in sizes), default=0), min((s.most for s in sizes), default=MOST))
    return Policy(ends, tuple(part for part in parts if isinstance(part, Condition)), size)


def _parts(condition: Any) -> Iterator[Condition | Size]:
    """A condition as it stands in the policy: an object of equalities, or a list that begins with an
    operator. Raises ValueError for anything else.
    """
    match condition:
        case dict():
            for name, value in condition.items():
                yield Condition("eq", name.lower(), _text(value))
        case [str(operator), int(least), int(most)] if operator.lower() == "content-length-range":
            yield Size(least, most)
        case ["eq" | "starts-with" as operator, str(name), str(value)] if name.startswith("$"):
            yield Condition(operator, name[1:].lower(), value)
        case _:
            raise ValueError(condition)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(value)  # noqa: TRY004 - it becomes the same answer
    return value


def _check_signature(fields: Mapping[str, str], signer: Signer) -> None:
    if fields["x-amz-algorithm"] != ALGORITHM:
        raise _argument(
            f'X-Amz-Algorithm only supports "{ALGORITHM}"', "x-amz-algorithm", fields["x-amz-algorithm"]
        )
    scope = re.fullmatch(r"(.+)/(\d{8})/([a-z0-9-]+)/s3/aws4_request", fields["x-amz-credential"])
    if not scope or not fields["x-amz-date"].startswith(f"{scope[2]}T"):
        raise _argument("the Credential is mal-formed", "x-amz-credential", fields["x-amz-credential"])
    if scope[1] != signer.access_key:
        raise Refusal(
            403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."
        )
    right = sign(fields["policy"], signer.secret, date=scope[2], region=scope[3])
    if not hmac.compare_digest(right.encode(), fields["x-amz-signature"].encode()):
        raise Refusal(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided."
            " Check your key and signing method.",
        )


def sign(policy: str, secret: str, *, date: str, region: str) -> str:
    """Signature version 4 of a policy as it is sent, in base64."""
    key = f"AWS4{secret}".encode()
    for part in (date, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), hashlib.sha256)
    return hmac.digest(key, policy.encode(), hashlib.sha256).hex()


def _argument(message: str, name: str, value: str) -> Refusal:
    return Refusal(400, "InvalidArgument", message, ArgumentName=name, ArgumentValue=value)


def _denied(why: str) -> Refusal:
    return Refusal(403, "AccessDenied", f"Invalid according to Policy: {why}")
