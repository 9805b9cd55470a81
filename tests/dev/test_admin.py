"""`python -m dev.admin`, as a process, against a real engine in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.core import clock, jobs, table
from chalicelib.core.config import config
from chalicelib.settings.actions import current_site, forget_site
from dev import engine
from tests.blog import Blog

SECONDS = 60
NOWHERE = "http://127.0.0.1:1"


def admin(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    keep = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "TMPDIR")}
    bare = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": os.devnull,
    }
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "dev.admin", *arguments],
        cwd=engine.ROOT,
        env=keep | bare | environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def refused(*arguments: str, **environment: str) -> str:
    """What is said where a command cannot be done: one sentence."""
    result = admin(*arguments, **environment)
    assert (result.returncode, result.stdout) == (1, ""), result
    assert result.stderr.count("\n") == 1, result.stderr
    assert result.stderr.endswith(".\n")
    return result.stderr


@pytest.fixture
def local(engine_endpoint: str, engine_blog: Blog) -> dict[str, str]:
    """The environment that leads to the test's own blog."""
    return {"DYNAMODB_ENDPOINT": engine_endpoint, "TABLE": config().table_name}


def test_token_works_on_the_api(engine_blog: Blog, local: dict[str, str]) -> None:
    result = admin("token", **local)
    assert result.returncode == 0, result.stderr
    engine_blog.token = result.stdout.strip()
    assert engine_blog.post("By a new hand")["slug"] == "by-a-new-hand"
    assert engine_blog.api("GET", "/api/tokens").status == 200


def test_token_is_shown_once_with_what_it_may_do(local: dict[str, str]) -> None:
    result = admin("token", "--name", "phone", "--scopes", "read, create", "--expires", "2999-12-31", **local)
    assert result.stdout.startswith("parley_")
    assert result.stdout.strip() not in result.stderr
    for said in ("“phone”", "until 2999-12-31T00:00:00Z", "write new posts", "Authorization: Bearer"):
        assert said in result.stderr
    assert "delete posts" not in result.stderr


def test_scopes_and_expiry_are_kept(engine_blog: Blog, local: dict[str, str]) -> None:
    made = admin("token", "--name", "phone", "--scopes", "create", "--expires", "2999-12-31", **local)
    listed = {token["name"]: token for token in engine_blog.api("GET", "/api/tokens").json["items"]}
    assert listed["phone"]["scopes"] == ["create"]
    assert listed["phone"]["expires_at"] == "2999-12-31T00:00:00Z"
    engine_blog.token = made.stdout.strip()
    assert engine_blog.api("GET", "/api/tokens").status == 403


def test_rotation_leaves_the_last_secret_good(engine_blog: Blog, local: dict[str, str]) -> None:
    before = current_site().secrets
    result = admin("rotate-secret", **local)
    assert (result.returncode, result.stderr) == (0, "")
    forget_site()
    after = current_site().secrets
    assert after[1:] == before
    assert after[0] not in before


def test_jobs_that_were_given_up_are_listed_and_tried_again(
    local: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    none = admin("jobs", **local)
    assert (none.returncode, none.stdout, none.stderr) == (0, "", "No job was given up.\n")
    assert admin("retry-jobs", **local).stdout == "No job was given up.\n"
    done: list[str] = []
    monkeypatch.setattr(jobs, "_handlers", {"say": done.append})
    for about in ("post 1", ""):
        job = replace(jobs.new("say", about), tries=8)
        table.write(job.put())
        table.write(job.dead("RuntimeError"))
    listed = admin("jobs", **local)
    first, second = (line.split("\t") for line in listed.stdout.splitlines())
    assert sorted([first[1:], second[1:]]) == [
        ["say", "-", "8 tries", "RuntimeError"],
        ["say", "post 1", "8 tries", "RuntimeError"],
    ]
    assert clock.known(first[0])
    assert "retry-jobs" in listed.stderr
    assert admin("retry-jobs", **local).stdout == "2 jobs are tried again, within a minute.\n"
    assert admin("jobs", **local).stdout == ""
    assert jobs.run_due(60) == 2
    assert sorted(done) == ["", "post 1"]


def test_running_blog_is_found_by_its_data_folder(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "dev.serve"],
        cwd=engine.ROOT,
        env=os.environ | {"DATA_DIR": str(tmp_path), "PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        try:
            assert server.stdout
            assert any("Ctrl-C" in line for line in server.stdout)
            assert admin("token", DATA_DIR=str(tmp_path)).stdout.startswith("parley_")
        finally:
            server.terminate()
    assert f"No blog is running on the data folder {tmp_path}" in refused("token", DATA_DIR=str(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--scopes", "read,fly"], "--scopes entry 2 must be one of read, create"),
        (["--scopes", ""], "--scopes"),
        (["--expires", "soon"], "--expires must be a time such as"),
        (["--expires", "2001-01-01"], "--expires must be in the future"),
        (["--name", ""], "--name must say what the token is for"),
        (["--colour", "red"], "--help"),
    ],
)
def test_wrong_options_are_said(local: dict[str, str], arguments: list[str], said: str) -> None:
    assert said in refused("token", *arguments, **local)


def test_unknown_command_is_said() -> None:
    assert "--help" in refused("fly")
    assert "--help" in refused()


@pytest.mark.parametrize("command", ["token", "rotate-secret", "jobs", "retry-jobs", "recount"])
def test_missing_table_is_said(local: dict[str, str], command: str) -> None:
    assert "There is no table nothing" in refused(command, "--table", "nothing", **local)


@pytest.mark.parametrize("command", ["token", "rotate-secret", "jobs", "retry-jobs", "recount"])
def test_missing_credentials_are_said(command: str) -> None:
    said = refused(command, TABLE="parley-Table-XYZ", AWS_REGION="eu-west-1")
    assert "No AWS credentials were found for the table parley-Table-XYZ" in said


def test_missing_region_is_said() -> None:
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    assert "--region" in refused("token", TABLE="parley-Table-XYZ", **keys)


def test_unknown_profile_is_said() -> None:
    assert "AWS_PROFILE" in refused("token", "--region", "eu-west-1", TABLE="parley", AWS_PROFILE="work")


def test_unreachable_service_is_said() -> None:
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_ENDPOINT_URL_DYNAMODB": NOWHERE}
    assert "cannot be reached" in refused("token", "--region", "eu-west-1", TABLE="parley", **keys)
    assert "Nothing answers at DYNAMODB_ENDPOINT" in refused("token", DYNAMODB_ENDPOINT=NOWHERE)
