"""CPU of a cold start: from a fresh interpreter to the first page, out of the bundle, against a bare
Chalice app with one boto3 client that makes the same Query. Both have usable bytecode.
"""

from __future__ import annotations

import compileall
import json
import os
import py_compile
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.report import Row
from bench.sample import Sample
from chalicelib.site.reading import FIRST_READ
from dev.bundle.build import ROOT, build
from dev.bundle.check import link_runtime, own_architecture, unpack
from dev.gateway import Request

RUNS = 15
TARGET = 1.15
SLUG = "replies-50"
BARE = f"""
import boto3
from chalice import Chalice, Response

app = Chalice(app_name="bare")
client = boto3.client("dynamodb")


@app.route("/posts/{{slug}}", content_types=["*/*"])
def page(slug):
    client.query(
        TableName="bench",
        KeyConditionExpression="pk = :p AND sk BETWEEN :a AND :b",
        ExpressionAttributeValues={{
            ":p": {{"S": "P#" + slug}},
            ":a": {{"S": "0card"}},
            ":b": {{"S": "c#~"}},
        }},
        Limit={FIRST_READ},
    )
    return Response("<!doctype html><title>A page</title>", headers={{"Content-Type": "text/html"}})
"""


def run(sample: Sample) -> list[Row]:
    event = json.dumps(sample.blog.gateway.event(Request("GET", f"/posts/{SLUG}")))
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as work:
        libraries = link_runtime(Path(work) / "runtime")
        ours = unpack(build(own_architecture(), ROOT / "build" / "check"), Path(work) / "ours")
        bare = _bare(ours, Path(work) / "bare")
        pairs = [(_start(ours, libraries, event), _start(bare, libraries, event)) for _ in range(RUNS + 1)][
            1:
        ]
    mine, floor = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    return [Row("cold start, first page", ratio, TARGET, f"{mine:.0f} ms against {floor:.0f} ms of CPU")]


def _bare(bundle: Path, folder: Path) -> Path:
    folder.mkdir()
    shutil.copytree(bundle / "chalice", folder / "chalice")
    folder.joinpath("app.py").write_text(BARE)
    compileall.compile_dir(folder, quiet=1, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    return folder


def _start(folder: Path, libraries: Path, event: str) -> float:
    command = [sys.executable, "-I", "-S", str(Path(__file__).with_name("first_page.py"))]
    told = subprocess.run(
        [*command, str(folder), str(libraries), event],
        capture_output=True,
        check=True,
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        text=True,
    )
    answer: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    if answer["status"] != 200:
        raise RuntimeError(f"a cold start answered {answer['status']}: {told.stdout}")
    return float(answer["cpu"])
