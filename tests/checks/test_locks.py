"""What npm installs is known by its hash, whichever registry it comes from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("dev/dynoxide/package-lock.json", "tests/browser/tools/package-lock.json")


@pytest.mark.parametrize("name", LOCKS)
def test_lock_has_hashes_and_no_registry(name: str) -> None:
    packages = json.loads((ROOT / name).read_text())["packages"]
    wanted = json.loads((ROOT / name).with_name("package.json").read_text())["devDependencies"]
    assert packages.pop("")["devDependencies"] == wanted
    assert packages
    for path, package in packages.items():
        assert package["integrity"].startswith("sha512-"), path
        assert "resolved" not in package, path
        assert "latest" not in package.get("dependencies", {}).values(), path
