"""`make run`, as processes: what it promises when it starts, when it is killed and when it cannot start."""

import concurrent.futures
import errno
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from dev import banner, engine, folder, serve, settings
from dev.origin import Origin
from dev.settings import Settings

SECONDS = 60
STUB = [str(Path(__file__).with_name("stub_site.py"))]
BLOG = ["-m", "dev.serve"]


@dataclass
class Server:
    process: subprocess.Popen[str]
    banner: str

    @property
    def port(self) -> int:
        return int(re.search(r"http://127\.0\.0\.1:(\d+)", self.banner)[1])  # type: ignore[index]

    def put(self, name: str) -> None:
        """Write one item; raises unless the server acknowledges it."""
        assert self.ask("PUT", f"/items/{name}", name) == 200

    def ask(self, method: str, path: str, body: str | None = None) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            connection.request(method, path, body)
            return connection.getresponse().status
        finally:
            connection.close()


def environment(data: Path, **more: str) -> dict[str, str]:
    keep = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG", "TMPDIR")}
    return keep | {"PYTHONPATH": str(engine.ROOT), "DATA_DIR": str(data), "PORT": "0"} | more


@contextmanager
def running(data: Path, what: list[str] = STUB, **more: str) -> Iterator[Server]:
    """A server that has printed its banner; killed at the end if it still runs."""
    process = subprocess.Popen(
        [sys.executable, *what],
        cwd=engine.ROOT,
        env=environment(data, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout
            lines = []
            for line in process.stdout:
                lines.append(line)
                if "Ctrl-C" in line:
                    break
            else:
                pytest.fail(process.stderr.read() if process.stderr else "")
            yield Server(process, "".join(lines))
        finally:
            process.kill()


def refused(data: Path, **more: str) -> str:
    """What a server says that does not start."""
    result = subprocess.run(
        [sys.executable, *STUB],
        env=environment(data, **more),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert len(result.stderr.splitlines()) == 1, result.stderr
    return result.stderr


def engine_of(data: Path) -> int:
    return int((data / "engine.pid").read_text())


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def test_banner_says_address_engine_folder_and_token(tmp_path: Path) -> None:
    with running(tmp_path, AUTHOR_TOKEN="chosen-by-me") as server:
        assert f"http://127.0.0.1:{server.port}" in server.banner
        assert "roto-aws" in server.banner
        assert str(tmp_path) in server.banner
        assert server.banner.count("curl ") == 3
        assert "Bearer chosen-by-me" in server.banner
        assert "/posts/%C3%BCber-uns/comments" in server.banner
        assert server.ask("GET", "/items/token") == server.ask("GET", "/items/demo") == 200


def test_token_is_made_once_and_private(tmp_path: Path) -> None:
    for expected in ("made-up-secret\n", "made-up-secret-kept\n"):
        with running(tmp_path) as server:
            assert f"Token     {expected}" in server.banner
        (tmp_path / "token").write_text("made-up-secret-kept\n")
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600


def test_what_is_due_is_done_while_it_serves(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        wait_until(lambda: server.ask("GET", "/items/ticked") == 200)


def test_what_is_queued_is_done_at_once_and_mail_is_a_file(tmp_path: Path) -> None:
    """It would not be due before tomorrow: a message woke the worker."""
    with running(tmp_path) as server:
        assert f"Mail      {tmp_path / 'mail'}" in server.banner
        wait_until(lambda: server.ask("GET", "/items/worked") == 200)
    (mail,) = (tmp_path / "mail").iterdir()
    assert b"\r\nTo: ann@example.org\r\n" in mail.read_bytes()


def test_acknowledged_writes_survive_kill_9(tmp_path: Path) -> None:
    kept: list[str] = []
    with running(tmp_path) as server, concurrent.futures.ThreadPoolExecutor(5) as pool:

        def write(writer: int) -> None:
            for number in range(10_000):
                try:
                    server.put(f"{writer}-{number}")
                except (OSError, http.client.HTTPException):
                    return
                kept.append(f"{writer}-{number}")

        writers = [pool.submit(write, writer) for writer in range(4)]
        left_behind = engine_of(tmp_path)
        wait_until(lambda: len(kept) >= 100)
        server.process.kill()
        concurrent.futures.wait(writers)
    if sys.platform == "linux":
        wait_until(lambda: not folder.command_of(left_behind))
    with running(tmp_path) as server:
        assert [name for name in kept if server.ask("GET", f"/items/{name}") != 200] == []
        assert not folder.command_of(left_behind)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_everything_quietly(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path) as server:
        child = engine_of(tmp_path)
        assert folder.command_of(child)
        server.process.send_signal(number)
        out, err = server.process.communicate(timeout=SECONDS)
        assert (server.process.returncode, out, err) == (0, "", "")
    assert not folder.command_of(child)


def test_signal_while_starting_ends_everything(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, *STUB], env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with process:
        wait_until((tmp_path / "engine.pid").exists)
        child = engine_of(tmp_path)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=SECONDS)
        assert (process.returncode, err) == (0, b"")
    assert not folder.command_of(child)


def test_server_ends_when_its_engine_does(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        os.kill(engine_of(tmp_path), signal.SIGKILL)
        _, err = server.process.communicate(timeout=SECONDS)
        assert server.process.returncode == 1
        assert "stopped by itself" in err


def test_second_server_on_a_folder_names_the_first(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        said = refused(tmp_path)
        assert f"process {server.process.pid}" in said
        assert "DATA_DIR" in said
        assert server.ask("PUT", "/items/still-works", "x") == 200


def test_port_in_use_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert refused(tmp_path, PORT=str(port)) == (
            f"Port {port} is in use by another program: stop that program, or choose another with PORT.\n"
        )


def test_port_for_files_in_use_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert refused(tmp_path, MEDIA_PORT=str(port)).endswith("or choose another with MEDIA_PORT.\n")


def test_files_have_the_next_port_or_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody chose one; a blog starts whatever else runs beside it."""
    asked, taken = [], {8001}

    def make(port: int) -> Origin:
        asked.append(port)
        if port in taken:
            raise OSError(errno.EADDRINUSE, "in use")
        return Origin(0)

    monkeypatch.setattr(serve, "Origin", make)
    for port in ("8000", "9000", "65535", "0"):
        serve.listen_for_media(Settings.of({"PORT": port}), int(port) or 4000).server_close()
    assert asked == [8001, 0, 9001, 0, 0]


@pytest.mark.parametrize("port", ["http", "-1", "65536", "80 80", "٨"])
def test_port_that_is_none_is_said(tmp_path: Path, port: str) -> None:
    assert "PORT is" in refused(tmp_path, PORT=port)


def test_file_in_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "is a file" in refused(tmp_path / "file")


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's; root may write everywhere else")
def test_unwritable_folder_is_said() -> None:
    assert "cannot be written to" in refused(Path("/proc/parley"))


def test_unreachable_endpoint_is_said(tmp_path: Path) -> None:
    endpoint = f"http://127.0.0.1:{engine.free_port()}"
    assert f"Nothing answers at DYNAMODB_ENDPOINT {endpoint}" in refused(tmp_path, DYNAMODB_ENDPOINT=endpoint)


def test_endpoint_that_is_no_address_is_said(tmp_path: Path) -> None:
    assert "DYNAMODB_ENDPOINT is" in refused(tmp_path, DYNAMODB_ENDPOINT="localhost")


def test_impossible_author_token_is_said(tmp_path: Path) -> None:
    assert "AUTHOR_TOKEN" in refused(tmp_path, AUTHOR_TOKEN="no spaces, please")


def test_given_endpoint_is_used_in_place_of_an_engine(tmp_path: Path) -> None:
    given = engine.start_test_engine()
    try:
        with running(tmp_path, DYNAMODB_ENDPOINT=given.endpoint) as server:
            assert f"the one at {given.endpoint}; roto-aws" in server.banner
            assert f"files in {tmp_path}" in server.banner, "it has no files itself"
            assert server.ask("PUT", "/items/x", "x") == 200
    finally:
        given.stop()


def test_where_both_endpoints_are_given_there_is_no_engine(tmp_path: Path) -> None:
    given = engine.start_test_engine(prefer="roto-aws")
    at = given.endpoint
    try:
        with running(tmp_path, DYNAMODB_ENDPOINT=at, S3_ENDPOINT=at) as server:
            assert f"; files in the one at {given.endpoint}" in server.banner
            assert server.ask("PUT", "/items/x", "x") == 200
            assert not (tmp_path / "engine.pid").exists()
    finally:
        given.stop()


def test_user_s_own_aws_account_is_out_of_reach() -> None:
    mine = {"AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "secret", "NO_PROXY": "intranet"}
    addresses = [f"http://127.0.0.1:{port}" for port in range(1, 5)]
    settings.point_environment(mine, settings.Places(*addresses))
    assert "AWS_PROFILE" not in mine
    assert "AWS_SESSION_TOKEN" not in mine
    assert mine["AWS_SHARED_CREDENTIALS_FILE"] == mine["AWS_CONFIG_FILE"] == os.devnull
    assert mine["no_proxy"] == "127.0.0.1,intranet"


def test_engine_in_memory_comes_with_a_warning(tmp_path: Path) -> None:
    passing = engine.Engine(engine.Kind("moto 5", False, lambda _port, _folder: []), tmp_path)
    assert "will NOT last" in banner.describe(Settings.of({"DATA_DIR": str(tmp_path)}), passing)


def test_endpoint_elsewhere_is_pointed_out() -> None:
    there = Settings.of({f"{name}_ENDPOINT": f"https://{name}.example" for name in ("DYNAMODB", "S3")})
    assert banner.describe(there, None).count("NOT on this machine") == 2


def test_blog_itself_is_served_and_its_curl_lines_work(tmp_path: Path) -> None:
    with running(tmp_path, BLOG) as server:
        lines = re.findall(r"curl (?:\\\n|[^\n])+", server.banner)
        for line in lines:
            answer = subprocess.run(
                ["sh", "-c", line.replace("curl", "curl --silent --fail-with-body", 1)],
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
            assert answer.returncode == 0, answer.stdout
        assert len(lines) == 3
        assert "I read it *twice*." in answer.stdout
        assert [server.ask(method, "/") for method in ("GET", "HEAD")] == [200, 200]
        assert server.ask("GET", "/blog/posts/hello") == 200
        assert server.ask("GET", "/no/such/page") == 404
