"""From the lock to unpacked packages for another machine: every wheel is checked before it is opened.

Chalice can fetch wheels for Lambda's architecture, but without looking at the hashes in the lock, and
it goes on with a warning where one is missing. So the bundle brings its own: pip downloads exactly what
the lock names, the files are checked again here (the folder outlives a build), and Chalice finds them
unpacked in `vendor/`.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version


class BundleError(Exception):
    """Why there is no bundle, in one sentence."""


class Architecture(NamedTuple):
    """A machine that Lambda offers, under the names that Lambda, wheels and ELF have for it."""

    name: str
    machine: str
    elf: int


ARM64 = Architecture("arm64", "aarch64", 183)
X86_64 = Architecture("x86_64", "x86_64", 62)

# What wheels hold for type checkers, C compilers and installers, and no running program reads.
UNUSED_SUFFIXES = (
    ".pyi",
    ".c",
    ".h",
    ".pyx",
    ".pxd",
    ".dist-info/RECORD",
    ".dist-info/WHEEL",
    "/py.typed",
)
UNUSED = (
    # Emoji by name, in three sets: no extension that we use asks for them.
    "pymdownx/*_db.py",
    # The parser in C: front matter is a few lines, read by the one in Python.
    "yaml/_yaml.*.so",
    # Of Pillow, what draws letters, looks for shapes or shows pictures on a screen.
    "PIL/_imagingft.*.so",
    "PIL/_imagingmorph.*.so",
    "PIL/_imagingtk.*.so",
    "pillow.libs/libbrotli*",
    "pillow.libs/libfreetype-*",
    "pillow.libs/libharfbuzz-*",
    "pillow.libs/libpng16-*",
)


@dataclass(frozen=True)
class Pin:
    """One package of the lock, with the hashes of every file that may stand for it."""

    name: str
    version: Version
    hashes: frozenset[str]

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"


def read_lock(path: Path) -> tuple[Pin, ...]:
    """The lock's packages, as far as their markers hold for this interpreter."""
    lines = path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    pins = (read_pin(line) for line in lines if line.strip() and not line.lstrip().startswith("#"))
    return tuple(pin for pin in pins if pin)


def read_pin(line: str) -> Pin | None:
    """`name==1.0 ; marker --hash=sha256:…` as a Pin; None where the marker does not hold."""
    specifier, *hashes = (part.strip() for part in line.split("--hash=sha256:"))
    requirement = Requirement(specifier)
    if requirement.marker and not requirement.marker.evaluate():
        return None
    exact = [item.version for item in requirement.specifier if item.operator == "=="]
    if len(exact) != 1 or not hashes:
        raise BundleError(
            f"The lock does not pin {requirement.name} to one version with hashes; run `make lock`."
        )
    return Pin(canonicalize_name(requirement.name), Version(exact[0]), frozenset(hashes))


def locked_wheels(lock: Path, architecture: Architecture, folder: Path) -> list[Path]:
    """The wheels of the lock for a machine, downloaded if they are not in the folder already, and checked."""
    pins = read_lock(lock)
    try:
        return check_wheels(pins, folder)
    except BundleError:
        download(lock, architecture, folder)
    return check_wheels(pins, folder)


def download(lock: Path, architecture: Architecture, folder: Path) -> None:
    """Let pip fetch the lock's wheels into an emptied folder. No source distribution, no unlisted hash."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
    ]
    command += [
        "--require-hashes",
        "--only-binary=:all:",
        "--implementation=cp",
        f"--abi=cp{_python('', 2)}",
    ]
    command += [
        f"--python-version={_python('.', 3)}",
        *(f"--platform={tag}" for tag in platforms(architecture)),
    ]
    done = subprocess.run([*command, "-r", lock, "-d", folder], capture_output=True, text=True, check=False)
    if done.returncode:
        reason = [line for line in done.stderr.splitlines() if not line.startswith("WARNING")]
        raise BundleError("pip could not fetch the locked wheels:\n" + "\n".join(reason))


def platforms(architecture: Architecture) -> list[str]:
    """Wheel tags that Lambda can load: glibc 2.26 up to Python 3.11 (Amazon Linux 2), 2.34 from 3.12
    (2023).
    """
    newest = 34 if sys.version_info >= (3, 12) else 26
    tags = [f"manylinux_2_{minor}_{architecture.machine}" for minor in range(newest, 16, -1)]
    return [*tags, f"manylinux2014_{architecture.machine}"]


def check_wheels(pins: tuple[Pin, ...], folder: Path) -> list[Path]:
    """The folder's wheels in the lock's order: one for each pin, each with a hash of the lock, and
    nothing else.
    """
    found = {wheel_pin(path): path for path in sorted(folder.glob("*"))}
    for pin in pins:
        path = found.pop((pin.name, pin.version), None)
        if path is None:
            raise BundleError(f"No wheel of {pin} in {folder}.")
        if hashlib.sha256(path.read_bytes()).hexdigest() not in pin.hashes:
            raise BundleError(f"{path.name} differs from the lock: its hash is not among those of {pin}.")
    if found:
        raise BundleError(f"{next(iter(found.values())).name} is not in the lock.")
    return [path for pin in pins for path in folder.glob("*") if wheel_pin(path) == (pin.name, pin.version)]


def wheel_pin(path: Path) -> tuple[str, Version]:
    """The name and version in a wheel's file name; anything else, a source distribution say, is refused."""
    try:
        name, version, _, _ = parse_wheel_filename(path.name)
    except InvalidWheelFilename:
        raise BundleError(f"{path.name} is not a wheel: the bundle takes no source distributions.") from None
    return name, version


def wheel_files(wheel: Path) -> dict[PurePosixPath, bytes]:
    """What a wheel installs and a program can use, by the path it has in the bundle."""
    files = {}
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            target = installed_path(name)
            if target and not name.endswith(UNUSED_SUFFIXES) and not any(map(target.match, UNUSED)):
                files[target] = archive.read(name)
    return files


def installed_path(name: str) -> PurePosixPath | None:
    """Where a wheel's member belongs: `x.data/purelib` and `platlib` at the root; folders and scripts
    nowhere.
    """
    parts = PurePosixPath(name).parts
    if name.endswith("/"):
        return None
    if parts[0].endswith(".data"):
        return PurePosixPath(*parts[2:]) if parts[1] in ("purelib", "platlib") else None
    return PurePosixPath(name)


def unpack(wheel: Path, target: Path) -> None:
    """Write a wheel's useful files under a folder."""
    for path, content in wheel_files(wheel).items():
        file = target / path
        if ".." in path.parts or file.exists():
            raise BundleError(f"{wheel.name} would write {path}, which is outside its place or taken.")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _python(separator: str, parts: int) -> str:
    """The version of this interpreter: Lambda's runtime is chosen to be the same."""
    return separator.join(str(part) for part in sys.version_info[:parts])
