"""What is deployed, as a test looks at it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dev.bundle import build
from dev.bundle.wheels import ARM64

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def merged() -> dict[str, Any]:
    """What we add to Chalice's template."""
    found: dict[str, Any] = json.loads((ROOT / ".chalice" / "resources.json").read_text())
    return found


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The finished template, made as `make bundle` does but without the packages, and linted."""
    work = tmp_path_factory.mktemp("template")
    build.package(build.prepare(ROOT, work / "stage", ARM64, []), work / "out")
    made = build.finished(json.loads((work / "out" / "sam.json").read_text()), "parley-arm64.zip")
    (work / "template.json").write_text(json.dumps(made))
    (work / "parley-arm64.zip").touch()
    build.lint(work / "template.json")
    return made
