"""The embedded local AWS: which engine runs, who may use the data folder, and how both end.

An engine is a process of its own that speaks DynamoDB on a free loopback port. It dies with the process
that started it, `kill -9` included: on Linux the kernel sees to that, elsewhere the next start finds the
engine by what is written in the data folder, and replaces it.
"""

import argparse
import contextlib
import importlib.metadata
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.folder import CannotStart, end_stale

ROOT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
START_SECONDS = 30
STOP_SECONDS = 3
DYNOXIDE_HOME = ROOT / "build" / "dynoxide"
CREATED_WITH = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
DYNOXIDE_PACKAGE = "node_modules/@dynoxide/linux-x64"

# Runs in the child before the engine does: PR_SET_PDEATHSIG survives exec. The parent may be dead by then.
DIE_WITH_PARENT = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9)
if os.getppid() != int(sys.argv[1]):
    os._exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""


@dataclass(frozen=True)
class Kind:
    """A sort of engine: its name, whether its data last, and its command for a port and a folder."""

    name: str
    lasting: bool
    command: Callable[[int, Path], list[str]]


class Engine:
    """One engine process. `launch()` returns at once, `wait()` when it answers, `stop()` when it is gone.

    Launch it from the main thread: Linux ends a child when the very thread that started it ends.
    """

    def __init__(self, kind: Kind, folder: Path) -> None:
        self.name, self.lasting = kind.name, kind.lasting
        self.folder = folder
        self.endpoint = ""
        self._kind = kind
        self._log = folder / "engine.log"
        self._process: subprocess.Popen[bytes] | None = None

    def launch(self) -> "Engine":
        """Start the process on a free port, which `endpoint` then names."""
        port = free_port()
        self.endpoint = f"http://{HOST}:{port}"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ROTO_")}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                tied_to_parent(self._kind.command(port, self.folder)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment | {"NO_COLOR": "1"},
                # A session of its own: Ctrl-C in a terminal must not end the engine before the server.
                start_new_session=True,
            )
        (self.folder / "engine.pid").write_text(f"{self._process.pid}\n")
        return self

    def wait(self) -> "Engine":
        """Return once the engine says that it listens; try again when its port was taken meanwhile."""
        for attempt in range(3):
            if attempt:
                self.launch()
            if self._listens():
                return self
        raise CannotStart(f"{self.name} did not start ({self._last_words()}): see {self._log}.")

    def stop(self) -> None:
        """End the process and wait until it is gone."""
        if self._process is None:
            return
        (self._process.terminate if self.lasting else self._process.kill)()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        (self.folder / "engine.pid").unlink(missing_ok=True)
        self._process = None

    def wait_for_end(self) -> None:
        """Block until the process ends, whoever ended it."""
        if self._process is not None:
            self._process.wait()

    def _listens(self) -> bool:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            # Only our engine writes its address here: a stranger that took the port does not pass for it.
            if f"on {self.endpoint}".encode() in self._log.read_bytes():
                return True
            if self._process.poll() is not None:
                return False
            time.sleep(0.005)
        self.stop()
        raise CannotStart(f"{self.name} did not answer within {START_SECONDS} seconds: see {self._log}.")

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else "it said nothing"


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def tied_to_parent(command: list[str]) -> list[str]:
    """The same command, ended by the kernel when this process ends. Only Linux can do so."""
    if sys.platform != "linux":
        return command
    return [sys.executable, "-I", "-S", "-c", DIE_WITH_PARENT, str(os.getpid()), *command]


def embedded(folder: Path) -> Engine:
    """The engine of `make run` for a locked folder, not yet launched: roto-aws, else moto."""
    end_stale(folder)
    return Engine(_roto() or _moto(), folder)


def table_schema() -> dict[str, Any]:
    """The table as CloudFormation makes it: the one description of keys and indexes."""
    template = json.loads((ROOT / ".chalice" / "resources.json").read_text())
    properties: dict[str, Any] = template["Resources"]["Table"]["Properties"]
    return properties


def create_table(client: Any, name: str) -> None:
    """Make the table through a DynamoDB client unless it is there, and return once it can be used."""
    schema = table_schema()
    with contextlib.suppress(client.exceptions.ResourceInUseException):
        client.create_table(TableName=name, **{key: schema[key] for key in CREATED_WITH if key in schema})
    while client.describe_table(TableName=name)["Table"]["TableStatus"] != "ACTIVE":
        time.sleep(0.05)
    # Some engines have no time to live, the others refuse to enable it twice: readers check it anyway.
    with contextlib.suppress(client.exceptions.ClientError):
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=schema["TimeToLiveSpecification"])


def create_bucket(client: Any, name: str) -> None:
    """Make the bucket through an S3 client unless it is there."""
    there = (client.exceptions.BucketAlreadyOwnedByYou, client.exceptions.BucketAlreadyExists)
    with contextlib.suppress(*there):
        client.create_bucket(Bucket=name)


def start_test_engine(prefer: str | None = None) -> Engine:
    """Start a real engine with an empty folder of its own, for tests: dynoxide, else roto-aws.

    `prefer` names one of the two and takes no other. The folder goes when the engine stops.
    """
    kinds = {"dynoxide": _dynoxide, "roto-aws": _roto}
    found = [kind for name in ([prefer] if prefer else kinds) if (kind := kinds[name]())]
    if not found:
        raise CannotStart(f"{prefer or 'A test engine'} is missing: run `python -m dev.engine --install`.")
    return _Passing(found[0], Path(tempfile.mkdtemp(prefix="parley-engine-"))).launch().wait()


class _Passing(Engine):
    """An engine whose folder goes with it."""

    def stop(self) -> None:
        super().stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def _roto() -> Kind | None:
    beside = Path(sys.executable).parent / "roto-server"
    binary = str(beside) if beside.exists() else shutil.which("roto-server")
    if binary is None:
        return None
    return Kind(
        f"roto-aws {_version('roto-aws')}",
        True,
        lambda port, folder: [binary, "--host", HOST, "--port", str(port), "--data-dir", str(folder / "aws")],
    )


def _moto() -> Kind:
    if importlib.util.find_spec("moto") is None:
        raise CannotStart(
            "No engine is installed: `make run` installs roto-aws, or moto where roto-aws has no wheel."
        )
    return Kind(
        f"moto {_version('moto')}",
        False,
        lambda port, _: [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)],
    )


def _dynoxide() -> Kind | None:
    binary = DYNOXIDE_HOME / DYNOXIDE_PACKAGE / "dynoxide"
    if not binary.exists():
        return None
    return Kind(
        f"dynoxide {_locked_dynoxide()}",
        False,
        lambda port, _: [str(binary), "serve", "--host", HOST, "--port", str(port)],
    )


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "(of unknown version)"


def _locked_dynoxide() -> str:
    """The version that the committed lock file names."""
    lock = json.loads((ROOT / "dev" / "dynoxide" / "package-lock.json").read_text())
    return str(lock["packages"][DYNOXIDE_PACKAGE]["version"])


def install_dynoxide() -> str:
    """Install dynoxide from its lock, which holds its hash, and return why not, or nothing if it is there."""
    installed = DYNOXIDE_HOME / DYNOXIDE_PACKAGE / "package.json"
    if installed.exists() and json.loads(installed.read_text())["version"] == _locked_dynoxide():
        return ""
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not installed"
    shutil.copytree(ROOT / "dev" / "dynoxide", DYNOXIDE_HOME, dirs_exist_ok=True)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(DYNOXIDE_HOME)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if result.returncode == 0 else f"npm ci failed: {result.stderr.strip()}"


def main() -> int:
    """`python -m dev.engine --install`: make sure of a real engine for the tests, and say which one it is."""
    parser = argparse.ArgumentParser(prog="python -m dev.engine", description=main.__doc__)
    parser.add_argument(
        "--install", action="store_true", required=True, help="install dynoxide where npm exists"
    )
    parser.parse_args()
    reason = install_dynoxide()
    kind = _dynoxide() or _roto()
    if kind is None:
        print(f"There is no engine for the tests: roto-aws is not installed, and {reason}.", file=sys.stderr)
        return 1
    print(f"Tests that need a real engine run on {kind.name}" + (f" ({reason})." if reason else "."))
    return 0


if __name__ == "__main__":
    sys.exit(main())
