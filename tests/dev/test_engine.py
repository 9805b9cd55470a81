"""Engines and data folders: who starts, who is refused, who dies with whom."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from dev import engine, folder
from dev.folder import CannotStart

PARENT = """
import sys
from pathlib import Path
from dev import engine
print(engine.embedded(Path(sys.argv[1])).launch().wait().endpoint, flush=True)
sys.stdin.read()
"""

TEMPLATE = {
    "Resources": {
        "Table": {
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [
                    {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "lpk")
                ],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "GlobalSecondaryIndexes": [
                    {
                        "IndexName": "list",
                        "KeySchema": [{"AttributeName": "lpk", "KeyType": "HASH"}],
                        "Projection": {"ProjectionType": "ALL"},
                    }
                ],
                "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True},
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                "DeletionProtectionEnabled": True,
            }
        }
    }
}


@pytest.fixture(params=["dynoxide", "roto-aws"])
def real(request: pytest.FixtureRequest) -> Iterator[engine.Engine]:
    if request.param == "dynoxide" and engine._dynoxide() is None:
        pytest.skip("dynoxide is not installed: `python -m dev.engine --install`")
    started = engine.start_test_engine(request.param)
    yield started
    started.stop()


def client(endpoint: str) -> Any:
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 30
    while folder.command_of(pid):
        assert time.monotonic() < deadline, "it is still there"
        time.sleep(0.01)


def test_table_is_made_from_the_cloudformation_template(
    real: engine.Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".chalice").mkdir()
    (tmp_path / ".chalice" / "resources.json").write_text(json.dumps(TEMPLATE))
    monkeypatch.setattr(engine, "ROOT", tmp_path)
    speaker = client(real.endpoint)
    engine.create_table(speaker, "parley")
    table = speaker.describe_table(TableName="parley")["Table"]
    assert table["TableStatus"] == "ACTIVE"
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["list"]


def test_table_is_left_alone_when_it_is_there(real: engine.Engine) -> None:
    speaker = client(real.endpoint)
    engine.create_table(speaker, "parley")
    speaker.put_item(TableName="parley", Item={"pk": {"S": "a"}, "sk": {"S": "b"}})
    engine.create_table(speaker, "parley")
    assert "Item" in speaker.get_item(TableName="parley", Key={"pk": {"S": "a"}, "sk": {"S": "b"}})


def test_shipped_template_names_keys_indexes_and_ttl() -> None:
    schema = engine.table_schema()
    assert [key["AttributeName"] for key in schema["KeySchema"]] == ["pk", "sk"]
    assert [index["IndexName"] for index in schema["GlobalSecondaryIndexes"]] == ["list", "work"]
    assert schema["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}


def test_test_engine_leaves_nothing_behind(real: engine.Engine) -> None:
    pid = int((real.folder / "engine.pid").read_text())
    real.stop()
    assert not folder.command_of(pid)
    assert not real.folder.exists()


def test_missing_test_engine_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "DYNOXIDE_HOME", Path("/nowhere"))
    with pytest.raises(CannotStart, match="dynoxide is missing: run"):
        engine.start_test_engine("dynoxide")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start ends it")
def test_engine_dies_with_a_killed_parent(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        cwd=engine.ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with parent:
        assert parent.stdout
        assert parent.stdout.readline().startswith(b"http://127.0.0.1:")
        child = int((tmp_path / "engine.pid").read_text())
        assert "roto-server" in folder.command_of(child)
        parent.send_signal(signal.SIGKILL)
    wait_until_gone(child)


def test_stale_engine_is_ended(tmp_path: Path) -> None:
    left = engine.embedded(tmp_path).launch().wait()
    pid = int((tmp_path / "engine.pid").read_text())
    folder.end_stale(tmp_path)
    left.wait_for_end()
    assert not folder.command_of(pid)
    assert not (tmp_path / "engine.pid").exists()


def test_stranger_with_the_number_of_a_stale_engine_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "engine.pid").write_text(f"{os.getpid()}\n")
    folder.end_stale(tmp_path)
    assert not (tmp_path / "engine.pid").exists()


@pytest.mark.parametrize("text", ["", "not a number"])
def test_damaged_pid_file_is_ignored(tmp_path: Path, text: str) -> None:
    (tmp_path / "engine.pid").write_text(text)
    folder.end_stale(tmp_path)


def test_lock_is_exclusive_and_goes_with_its_holder(tmp_path: Path) -> None:
    said = f"in use by process {os.getpid()}: .* DATA_DIR"
    with folder.lock_folder(tmp_path), pytest.raises(CannotStart, match=said):
        folder.lock_folder(tmp_path)
    folder.lock_folder(tmp_path).close()


def test_engine_does_not_hold_the_lock(tmp_path: Path) -> None:
    lock = folder.lock_folder(tmp_path)
    running = engine.embedded(tmp_path).launch().wait()
    try:
        lock.close()
        folder.lock_folder(tmp_path).close()
    finally:
        running.stop()


def test_engine_that_cannot_start_is_said_with_its_last_words(tmp_path: Path) -> None:
    broken = engine.Kind(
        "sick engine", True, lambda _port, _folder: [sys.executable, "-c", "raise SystemExit('no room')"]
    )
    with pytest.raises(CannotStart, match=r"^sick engine did not start \(no room\): see .*engine.log\.$"):
        engine.Engine(broken, tmp_path).launch().wait()


def test_port_taken_in_the_meantime_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    roto = engine._roto()
    assert roto
    first = engine.Engine(roto, tmp_path).launch().wait()
    taken, free = int(first.endpoint.rpartition(":")[2]), engine.free_port()
    ports = iter([taken, free])
    monkeypatch.setattr(engine, "free_port", lambda: next(ports))
    (tmp_path / "second").mkdir()
    second = engine.Engine(roto, tmp_path / "second").launch().wait()
    second.stop()
    first.stop()
    assert second.endpoint.endswith(f":{free}")


def test_without_roto_the_engine_is_moto_and_does_not_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_roto", lambda: None)
    fallback = engine.embedded(tmp_path).launch().wait()
    try:
        assert fallback.name.startswith("moto")
        assert not fallback.lasting
        engine.create_table(client(fallback.endpoint), "parley")
    finally:
        fallback.stop()


def test_lock_file_of_dynoxide_names_a_hash_and_no_registry() -> None:
    text = (Path(engine.__file__).parent / "dynoxide" / "package-lock.json").read_text()
    assert "sha512-sBHqlxJ9ANkLluFkYRfd5r8Y0ApFew4FhOrlhgRAgD4XzEoFOukEo1nuBTQ1" in text
    assert "http" not in text
