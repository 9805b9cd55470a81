"""What exists is documented, and what is documented works."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import app
from chalicelib.accounts.model import SCOPES
from chalicelib.comments.model import COMMENT_FIELDS
from chalicelib.core.fields import Fields, Text
from chalicelib.likes.model import SITE_LIKE
from chalicelib.media.model import UPLOAD
from chalicelib.posts.model import POST_FIELDS
from chalicelib.settings.model import SETTINGS
from tests.dev.test_serve import BLOG, running

ROOT = Path(__file__).parents[1]
API = (ROOT / "docs/api.md").read_text()
MODEL = (ROOT / "docs/data-model.md").read_text()
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("path", sorted(app.routes))
def test_every_route_is_documented(path: str) -> None:
    assert f" {path}`" in API or f"`{path}`" in API


@pytest.mark.parametrize(
    ("heading", "fields"),
    [
        ("Posts", POST_FIELDS),
        ("Comments", COMMENT_FIELDS),
        ("Likes", SITE_LIKE),
        ("Media", UPLOAD),
        ("Settings", SETTINGS),
    ],
)
def test_every_field_is_documented_with_its_limit(heading: str, fields: Fields) -> None:
    section = API.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    for name, field in fields.declared.items():
        row = re.search(rf"^\| `{name}` \|\s*([^|]*?)\s*\|", section, re.MULTILINE)
        assert row, name
        if isinstance(field, Text) and row[1].strip():
            assert row[1].strip() == f"{field.limit:,}", name


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_every_scope_is_documented(scope: str) -> None:
    assert f"`{scope}`" in API


def environment_variables() -> Iterator[str]:
    for file in [
        *ROOT.glob("chalicelib/**/*.py"),
        ROOT / "dev/serve.py",
        ROOT / "dev/settings.py",
        ROOT / "dev/admin.py",
    ]:
        source = file.read_text()
        yield from re.findall(r"environ(?:ment)?(?:\.get\(|\[|\.pop\()\s*\"([A-Z_]+)\"", source)


@pytest.mark.parametrize(
    "name", sorted({name for name in environment_variables() if not name.startswith(("AWS_", "NO_"))})
)
def test_every_environment_variable_is_documented(name: str) -> None:
    assert f"`{name}`" in API


def key_patterns() -> Iterator[str]:
    """What partition keys begin with: the text before the first value in every f-string such as
    `f"P#{slug}"`, and constants that are a whole key."""
    for file in ROOT.glob("chalicelib/**/*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                if found := re.fullmatch(r"([A-Z]+#)", str(node.values[0].value)):
                    yield found[1]
            elif isinstance(node, ast.Constant) and re.fullmatch(
                r"TOKENS|SITE|POSTS|DRAFTS|UNLISTED|DELETED", str(node.value)
            ):
                yield str(node.value)


def test_every_key_pattern_is_documented() -> None:
    patterns = set(key_patterns())
    assert {"P#", "K#", "R#", "I#", "COMMENTS#", "IDEM#", "TOKENS", "SITE"} <= patterns
    assert [pattern for pattern in sorted(patterns) if f"`{pattern}" not in MODEL] == []


def test_every_markdown_link_between_documents_leads_somewhere() -> None:
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\((?!https?:|/)([^)#]+)(?:#[^)]*)?\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def readme_commands() -> list[str]:
    """The indented blocks under “Publish your first post” that are commands."""
    section = README.split("## Publish your first post")[1].split("\n## ")[0]
    blocks = re.findall(r"(?:^    .*\n)+", section, re.MULTILINE)
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in blocks]


def test_the_commands_of_the_readme_work(tmp_path: Path) -> None:
    with running(tmp_path / "data", BLOG, AUTHOR_TOKEN="parley_readme") as server:
        address = f"http://127.0.0.1:{server.port}"
        comment_id, answers = "", []
        for command in readme_commands()[1:]:
            script = command.replace("http://127.0.0.1:8000", address).replace("THE-ID", comment_id)
            script = re.sub(r"\bcurl\b", "curl -sS --fail-with-body", script)
            ran = subprocess.run(
                ["bash", "-euc", script],
                cwd=tmp_path,
                env={"PATH": "/usr/local/bin:/usr/bin:/bin", "TOKEN": "parley_readme"},
                capture_output=True,
                text=True,
                check=False,
            )
            assert ran.returncode == 0, f"{script}\n{ran.stdout}{ran.stderr}"
            answers.append(json.loads(ran.stdout))
            comment_id = next(
                (c["id"] for c in answers[-1].get("items", []) if c["name"] == "Ada"), comment_id
            )
    assert [answer.get("status") for answer in answers] == [
        None,
        "published",
        "draft",
        "pending",
        None,
        "approved",
        "approved",
    ]
