"""`make browser-tools`: a browser, a JRE and npm from Debian where they are missing and may be installed, then
axe-core, the Nu HTML checker and Lighthouse, by the hashes in package-lock.json.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from tests.browser.tools import FILES, HOME, LOCK, PROGRAMS

FONTS = ["fonts-dejavu-core", "fonts-noto-color-emoji"]
"""A browser alone comes with no letters."""


def main() -> int:
    absent = [package for command, package in PROGRAMS.items() if not shutil.which(command)]
    if absent and not install_packages(absent):
        print(f"Install {', '.join(absent)} first: only root on Debian can do it from here.", file=sys.stderr)
        return 1
    if not is_current() and not install_modules():
        return 1
    print(f"The browser tests have {', '.join([*PROGRAMS, *FILES])}.")
    return 0


def install_packages(packages: list[str]) -> bool:
    """With Debian's own tools, and letters to go with a browser."""
    apt = shutil.which("apt-get")
    if not apt or os.geteuid():
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    fonts = FONTS if "chromium" in packages else []
    install = [apt, "install", "-qq", "-y", "--no-install-recommends", *packages, *fonts]
    return all(
        subprocess.run(command, env=environment, check=False).returncode == 0
        for command in ([apt, "update", "-qq"], install)
    )


def is_current() -> bool:
    installed = HOME / LOCK.name
    complete = all((HOME / "node_modules" / path).exists() for path in FILES.values())
    return complete and installed.read_bytes() == LOCK.read_bytes()


def install_modules() -> bool:
    """As the lock says. It names no registry: npm takes the one that is configured."""
    HOME.mkdir(parents=True, exist_ok=True)
    shutil.copy(LOCK.with_name("package.json"), HOME)
    shutil.copy(LOCK, HOME)
    command = [
        shutil.which("npm") or "npm",
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--prefix",
        str(HOME),
    ]
    return subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
