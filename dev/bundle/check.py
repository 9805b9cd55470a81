"""Does the bundle work by itself? `make check-bundle` runs this.

It builds the bundle for this machine, unpacks it into an empty read-only folder, starts an interpreter
that sees only that folder and boto3, and tells a short story through API Gateway events, routed by the
template's own paths: publish, read, comment, approve, and what goes wrong. One line for each thing that
was seen to work.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import boto3

from dev.bundle.build import ROOT, build
from dev.bundle.story import CheckFailed, story
from dev.bundle.wheels import ARM64, X86_64, Architecture, BundleError
from dev.engine import create_table, start_test_engine
from dev.folder import CannotStart
from dev.gateway import Gateway, Reply, Request

TABLE = "parley-check"
# What Lambda's Python brings along: boto3 and what it needs.
RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def main() -> None:
    """Build, unpack, tell the story; exit 1 at the first thing that does not work."""
    try:
        zipped = build(own_architecture(), ROOT / "build" / "check")
        print(f"built {zipped.name}, {zipped.stat().st_size:,} bytes")
        check(zipped)
    except (BundleError, CannotStart, CheckFailed) as error:
        sys.exit(f"The bundle does not work: {error}")
    print("The bundle works.")


def own_architecture() -> Architecture:
    """The one that this machine can run."""
    if sys.platform != "linux":
        raise CheckFailed(
            "its compiled libraries are for Linux, so only Linux can check it; `make bundle` works."
        )
    for architecture in (ARM64, X86_64):
        if platform.machine() in (architecture.name, architecture.machine):
            return architecture
    raise CheckFailed(f"Lambda has no machines like this one ({platform.machine()}).")


def check(zipped: Path) -> None:
    """Unpack a bundle beside nothing and try it on an engine of its own."""
    template = json.loads((zipped.parent / "template.json").read_text(encoding="utf-8"))
    with (
        tempfile.TemporaryDirectory(prefix="parley-bundle-") as folder,
        engine_table() as environment,
    ):
        bundle, libraries = (
            unpack(zipped, Path(folder) / "task"),
            link_runtime(Path(folder) / "runtime"),
        )
        before = listing(bundle)
        with running(bundle, libraries, environment, template) as app:
            for line in story(app):
                print(f"ok  {line}")
        if written := sorted(listing(bundle) ^ before):
            raise CheckFailed(f"it wrote into its own folder, which is read-only on Lambda: {written[0]}.")


def unpack(zipped: Path, folder: Path) -> Path:
    """The bundle's files in a folder that cannot be written to."""
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555)
    return folder


def listing(folder: Path) -> set[tuple[str, int]]:
    """Every file and its size: root may write into a read-only folder, and this shows it."""
    return {
        (str(file.relative_to(folder)), file.stat().st_size) for file in folder.rglob("*") if file.is_file()
    }


def link_runtime(folder: Path) -> Path:
    """A folder with links to boto3 and what it needs, and nothing else of this virtual environment."""
    folder.mkdir()
    for name in RUNTIME:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise CheckFailed(f"{name} is not installed, so there is no runtime to check in.")
        origin = Path(spec.origin)
        origin = origin.parent if spec.submodule_search_locations else origin
        (folder / origin.name).symlink_to(origin)
    return folder


@contextmanager
def engine_table() -> Iterator[dict[str, str]]:
    """A fresh table on a real engine, as the environment that leads a function to it."""
    engine = start_test_engine()
    try:
        print(f"on {engine.name}")
        keys = {
            "AWS_ACCESS_KEY_ID": "check",
            "AWS_SECRET_ACCESS_KEY": "check",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        client = boto3.client(
            "dynamodb",
            endpoint_url=engine.endpoint,
            region_name="us-east-1",
            aws_access_key_id="check",
            aws_secret_access_key="check",
        )
        create_table(client, TABLE)
        yield {**keys, "TABLE_NAME": TABLE, "AWS_ENDPOINT_URL_DYNAMODB": engine.endpoint}
    finally:
        engine.stop()


@dataclass(frozen=True)
class Api:
    """What the local gateway wants to know of an API."""

    binary_types: list[str]


class Bundle:
    """The started bundle, to be called like the application in it, and routed as the template says."""

    def __init__(
        self, process: subprocess.Popen[str], template: dict[str, Any], log: Path, release: str
    ) -> None:
        self._process = process
        self.log = log
        self.release = release
        definition = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
        self.api = Api(definition["x-amazon-apigateway-binary-media-types"])
        self.routes = {path: dict.fromkeys(listed(methods)) for path, methods in definition["paths"].items()}
        self.stage = template["Resources"]["RestAPI"]["Properties"]["StageName"]

    def __call__(self, event: dict[str, Any], _context: object) -> Any:
        return self.tell({"event": event})

    def tell(self, request: dict[str, Any]) -> Any:
        """One request to the probe; its answer, or CheckFailed with what it said last."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            print(json.dumps(request), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise CheckFailed(f"it did not start: {last_line(self.log)}")
        answer = json.loads(line)
        if "error" in answer:
            raise CheckFailed(f"the handler raised {answer['error']}")
        return answer["answer"]

    def ask(self, status: int, method: str, path: str, *, data: Any = None, **headers: str) -> Reply:
        """Send a request; a dict as `data` goes as JSON, a list of pairs as a form. The status must be
        as said.
        """
        sent = [(name.replace("_", "-"), value) for name, value in headers.items()]
        body = b""
        if isinstance(data, dict):
            sent, body = [*sent, ("Content-Type", "application/json")], json.dumps(data).encode()
        elif data:
            sent, body = (
                [*sent, ("Content-Type", "application/x-www-form-urlencoded")],
                urlencode(data).encode(),
            )
        split = urlsplit(path)
        request = Request(method, split.path, split.query, [("Host", "check.example"), *sent], body)
        reply = Gateway(self, self.stage).answer(request)
        if reply.status != status:
            start = " ".join(reply.body.decode("utf-8", "replace").split())[:300]
            cause = f" It logged {errors[-1]}" if (errors := logged_errors(self.log)) else ""
            raise CheckFailed(f"{method} {path} answered {reply.status} instead of {status}: {start}{cause}")
        return reply


def listed(methods: dict[str, Any]) -> list[str]:
    """The methods that API Gateway hands on for a path."""
    return (
        list(METHODS) if "x-amazon-apigateway-any-method" in methods else [name.upper() for name in methods]
    )


def last_line(log: Path) -> str:
    """The end of a log, which names the error."""
    return (log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["no reason given"])[-1]


def logged_errors(log: Path) -> list[str]:
    """The lines in which the application says what went wrong."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line for line in lines if '"error"' in line and '"at"' in line]


@contextmanager
def running(
    bundle: Path, libraries: Path, environment: dict[str, str], template: dict[str, Any]
) -> Iterator[Bundle]:
    """The probe with the bundle in it, started isolated: no site-packages, no PYTHON variables, no
    other AWS ones.
    """
    function = template["Resources"]["APIHandler"]["Properties"]
    probe = Path(__file__).with_name("probe.py")
    log = bundle.parent / "log"
    plain = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "TMPDIR")}
    with log.open("w", encoding="utf-8") as words:
        process = subprocess.Popen(
            [
                sys.executable,
                "-I",
                "-S",
                str(probe),
                str(bundle),
                str(libraries),
                function["Handler"],
            ],
            cwd=bundle,
            env=plain | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=words,
            text=True,
        )
    try:
        release = (bundle / "release").read_text(encoding="ascii").strip()
        yield Bundle(process, template, log, release)
    finally:
        process.communicate(timeout=10)


if __name__ == "__main__":
    main()
