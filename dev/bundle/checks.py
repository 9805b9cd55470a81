"""What must hold for every bundle. Each function returns quietly or raises BundleError with one clear
sentence.
"""

from __future__ import annotations

import importlib.util
import struct
from pathlib import Path

from dev.bundle.wheels import Architecture, BundleError, wheel_files

SIZE_LIMIT = 16_000_000
"""Bytes, zipped. Pillow takes 4.7 million of them for arm64 and 6.5 for x86_64, much of that for AVIF."""
OWN = ("app.py", "chalice", "chalicelib", "release", "templates", "templates_compiled")
UNWANTED = (
    "tests",
    "test",
    "dev",
    "bench",
    ".git",
    ".venv",
    "conftest.py",
    "boto3",
    "botocore",
    "moto",
    "pytest",
)


def check_bundle_folder(folder: Path, wheels: list[Path], architecture: Architecture) -> None:
    """Every check on an unpacked bundle."""
    check_packages(folder, wheels)
    check_nothing_else(folder, wheels)
    check_libraries(folder, architecture)
    check_bytecode(folder)


def check_packages(folder: Path, wheels: list[Path]) -> None:
    """Every useful file of every locked wheel is there, unchanged. Chalice only warns when a package is
    missing.
    """
    for wheel in wheels:
        for path, content in wheel_files(wheel).items():
            file = folder / path
            if not file.is_file():
                raise BundleError(f"The bundle lacks {path} of {wheel.name}.")
            if file.read_bytes() != content:
                raise BundleError(f"{path} in the bundle is not the one of {wheel.name}.")


def check_nothing_else(folder: Path, wheels: list[Path]) -> None:
    """At the root stand the application and the locked packages; no tests or development tools in any
    of ours.
    """
    known = {path.parts[0] for wheel in wheels for path in wheel_files(wheel)} | {
        *OWN,
        "__pycache__",
    }
    for entry in sorted(folder.iterdir()):
        if entry.name not in known:
            raise BundleError(f"{entry.name} does not belong in the bundle: no locked package brings it.")
    for file in (path.relative_to(folder) for path in sorted(folder.rglob("*"))):
        if file.parts[0] in OWN and _is_unwanted(file):
            raise BundleError(f"{file} does not belong in the bundle.")


def _is_unwanted(path: Path) -> bool:
    return bool(set(path.parts) & set(UNWANTED)) or path.name.startswith((".", "test_"))


def check_libraries(folder: Path, architecture: Architecture) -> None:
    """Every compiled library is for the machine that the bundle is for, and for this Python."""
    for file in sorted(folder.rglob("*.so*")):
        name = file.relative_to(folder)
        machine = elf_machine(file.read_bytes()[:20])
        if machine != architecture.elf:
            raise BundleError(
                f"{name} is for machine {machine}, not {architecture.name} ({architecture.elf})."
            )
        cache_tag = importlib.util.cache_from_source("x.py").split(".")[-2]
        if ".cpython-" in file.name and f".{cache_tag}-" not in file.name:
            raise BundleError(f"{name} is not for {cache_tag}.")


def elf_machine(head: bytes) -> int | None:
    """`e_machine` of an ELF file's first 20 bytes (ELF specification, figure 4-3); None for anything else."""
    if len(head) < 20 or head[:4] != b"\x7fELF":
        return None
    order = "<" if head[5] == 1 else ">"
    return int(struct.unpack_from(f"{order}H", head, 18)[0])


def check_bytecode(folder: Path) -> None:
    """Every module has bytecode that is used whatever its time stamp (PEP 552, unchecked), and no
    bytecode strays.
    """
    sources = {file for file in folder.rglob("*.py") if file.name.isidentifier() or file.stem.isidentifier()}
    compiled = set(folder.rglob("*.pyc"))
    for source in sorted(sources):
        cache = Path(importlib.util.cache_from_source(str(source)))
        if cache not in compiled:
            raise BundleError(
                f"{source.relative_to(folder)} has no bytecode, so every cold start would compile it."
            )
        check_pyc(cache.read_bytes()[:16], cache.relative_to(folder))
        compiled.discard(cache)
    if compiled:
        raise BundleError(f"{min(compiled).relative_to(folder)} is bytecode without a module.")


def check_pyc(head: bytes, name: Path) -> None:
    """The head of an unchecked-hash pyc of this Python: magic number, then flags 0b01."""
    if head[:4] != importlib.util.MAGIC_NUMBER:
        raise BundleError(f"{name} is bytecode of another Python.")
    if int.from_bytes(head[4:8], "little") != 1:
        raise BundleError(f"{name} is checked against its source on every start; it must be unchecked.")


def check_size(zipped: Path, limit: int = SIZE_LIMIT) -> None:
    """The zip is below the limit, in bytes."""
    size = zipped.stat().st_size
    if size >= limit:
        raise BundleError(f"{zipped.name} has {size:,} bytes; {limit:,} are the limit.")
