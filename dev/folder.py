"""The data folder: one server at a time, and no engine that outlived its server."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import IO


class CannotStart(Exception):
    """What is wrong and what to do about it, in one sentence for a person."""


def lock_folder(folder: Path) -> IO[str]:
    """Claim the data folder for this process, until the answer is closed or the process ends."""
    try:
        import fcntl
    except ImportError:
        raise CannotStart("The local server needs Linux or macOS: on Windows, run it inside WSL.") from None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (folder / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise
    except OSError as error:
        raise CannotStart(_why_not(folder, error)) from None
    lock.truncate(0)
    print(os.getpid(), file=lock, flush=True)
    return lock


def _why_not(folder: Path, error: OSError) -> str:
    if isinstance(error, BlockingIOError):
        holder = (folder / "lock").read_text().strip() or "another one"
        remedy = "stop that process, or choose another folder with DATA_DIR"
        return f"The data folder {folder} is in use by process {holder}: {remedy}."
    if isinstance(error, FileExistsError):
        return f"The data folder {folder} is a file: choose a folder with DATA_DIR."
    return f"The data folder {folder} cannot be written to ({error.strerror}): choose another with DATA_DIR."


def end_stale(folder: Path) -> None:
    """End the engine that an earlier server left behind, once the folder is locked: it has no owner then."""
    try:
        pid = int((folder / "engine.pid").read_text())
    except (OSError, ValueError):
        return
    # The command names the folder, so a stranger that got the same number later is left alone.
    while str(folder) in command_of(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)
    (folder / "engine.pid").unlink(missing_ok=True)


def command_of(pid: int) -> str:
    """The command line of a running process, or nothing."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        if Path("/proc/self").exists():
            return ""
    command = ["ps", "-o", "command=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
