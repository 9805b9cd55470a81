"""The programs that the browser tests run, and where they are. `python -m tests.browser.tools` installs them.

A test that lacks one is skipped and says so; where CI is set, it fails.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HOME = ROOT / "build" / "browser-tools"
LOCK = Path(__file__).with_name("package-lock.json")
PROGRAMS = {"chromium": "chromium", "java": "default-jre-headless", "npm": "npm"}
"""The command, and Debian's package of it."""
FILES = {
    "axe-core": "axe-core/axe.min.js",
    "lighthouse": "lighthouse/cli/index.js",
    "vnu-jar": "vnu-jar/build/dist/vnu.jar",
}
"""What is used of an npm package."""


def program(name: str) -> str:
    """The full path of a command."""
    return shutil.which(name) or _missing(name)


def file(package: str) -> Path:
    """The file that is used of an npm package."""
    path = HOME / "node_modules" / FILES[package]
    return path if path.exists() else Path(_missing(package))


def _missing(name: str) -> str:
    reason = f"{name} is missing: `make browser-tools` installs it"
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI leaves nothing out", pytrace=False)
    pytest.skip(reason)
