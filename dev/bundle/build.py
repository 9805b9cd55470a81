"""The deployable bundle: a zip for Lambda and a CloudFormation template. `make bundle` runs this.

Everything happens in `build/<architecture>/`, never in the source tree: Chalice would reuse a stale
package from `.chalice/deployments` and pack stray bytecode. The steps: the locked wheels, checked, into
`vendor/`; templates compiled; `chalice package`; bytecode that a read-only folder can use; checks; a
zip that is the same every time.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from chalicelib.core.versions import digest_of
from dev.bundle.checks import check_bundle_folder, check_size
from dev.bundle.wheels import ARM64, Architecture, BundleError, locked_wheels, unpack

ROOT = Path(__file__).parents[2]
STAGE = "blog"
JUNK = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
TIME = (1980, 1, 1, 0, 0, 0)


def main() -> None:
    """Build for arm64 into `dist/` and lint the template."""
    try:
        zipped = build(ARM64, ROOT / "dist")
        lint(zipped.parent / "template.json")
    except BundleError as error:
        sys.exit(f"No bundle: {error}")
    digest = hashlib.sha256(zipped.read_bytes()).hexdigest()
    print(f"{zipped.relative_to(ROOT)}  {zipped.stat().st_size:,} bytes  sha256 {digest}")
    print(f"{(zipped.parent / 'template.json').relative_to(ROOT)}  deploy it as docs/deploy.md says")


def build(architecture: Architecture, out: Path, root: Path = ROOT) -> Path:
    """Make `parley-<architecture>.zip` and `template.json` in a folder; returns the zip's path.

    The runtime is the Python that runs this. Raises BundleError where a check fails.
    """
    work = root / "build" / architecture.name
    wheels = locked_wheels(
        root / "requirements.txt", architecture, work / f"wheels-{sys.implementation.cache_tag}"
    )
    stage = prepare(root, work / "stage", architecture, wheels)
    package(stage, work / "packaged")
    unpacked = fresh(work / "unpacked")
    with zipfile.ZipFile(work / "packaged" / "deployment.zip") as archive:
        archive.extractall(unpacked)
    compile_modules(unpacked)
    check_bundle_folder(unpacked, wheels, architecture)
    out.mkdir(parents=True, exist_ok=True)
    zipped = write_zip(unpacked, out / f"parley-{architecture.name}.zip")
    check_size(zipped)
    template = finished(json.loads((work / "packaged" / "sam.json").read_text(encoding="utf-8")), zipped.name)
    (out / "template.json").write_text(
        json.dumps(template, indent=2, sort_keys=True) + "\n", encoding="utf-8"
    )
    return zipped


def fresh(folder: Path) -> Path:
    """The folder, emptied."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def prepare(root: Path, stage: Path, architecture: Architecture, wheels: list[Path]) -> Path:
    """A copy of what is deployed, laid out as Chalice wants it, with the packages in `vendor/`."""
    fresh(stage)
    shutil.copy(root / "app.py", stage)
    for folder in ("chalicelib", "templates"):
        shutil.copytree(root / folder, stage / folder, ignore=JUNK)
    shutil.copytree(stage / "templates", stage / "vendor" / "templates")
    # Chalice puts what stands in vendor/ beside app.py, where the application looks for it.
    (stage / "vendor" / "release").write_text(digest_of(stage) + "\n", encoding="ascii")
    for wheel in wheels:
        unpack(wheel, stage / "vendor")
    run([sys.executable, "-m", "dev.bundle.templates", stage / "vendor" / "templates_compiled"], root)
    shutil.copytree(
        root / ".chalice",
        stage / ".chalice",
        ignore=shutil.ignore_patterns("deployments", "deployed"),
    )
    config = json.loads((stage / ".chalice" / "config.json").read_text(encoding="utf-8"))
    config["lambda_architecture"] = architecture.name
    (stage / ".chalice" / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return stage


def package(stage: Path, out: Path) -> None:
    """Run Chalice on the prepared copy. There is no requirements.txt in it, so it fetches nothing."""
    fresh(out)
    merge = ["--merge-template", ".chalice/resources.json"]
    run([*tool("chalice.cli"), "package", "--stage", STAGE, *merge, out], stage)


def tool(module: str) -> list[str]:
    """The command that starts a module's `main`, with this interpreter and not what PATH holds."""
    return [sys.executable, "-c", f"import sys; from {module} import main; sys.exit(main())"]


def compile_modules(folder: Path) -> None:
    """Replace all bytecode by such as Python uses without looking at time stamps (PEP 552, unchecked
    hashes).

    Lambda's folder is read-only and its time stamps are not the build's: anything else is compiled at
    every start. A process of its own with a fixed hash seed makes the same bytes every time.
    """
    for old in folder.rglob("*.pyc"):
        old.unlink()
    command = [
        sys.executable,
        "-S",
        "-s",
        "-m",
        "compileall",
        "-q",
        "-f",
        "-j1",
        "--invalidation-mode",
    ]
    run([*command, "unchecked-hash", "-s", folder, folder], folder)


def run(command: list[Any], folder: Path) -> None:
    """Run a step of the build in a folder with a plain environment; its last words become the error."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
    plain |= {
        "AWS_DEFAULT_REGION": "us-east-1",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(command, cwd=folder, env=plain, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BundleError((done.stderr.strip() or done.stdout).strip() or f"{command} failed.")


def write_zip(folder: Path, target: Path) -> Path:
    """Zip a folder so that the same files give the same bytes: sorted, one time stamp, one mode, no
    folders.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), TIME)
            entry.create_system = 3
            entry.external_attr = (0o100755 if ".so" in file.suffixes else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
    return target


def finished(template: dict[str, Any], zip_name: str) -> dict[str, Any]:
    """Chalice's template with our zip in it and every method of every known path sent to the
    application.

    A method that a path does not list gets a 403 from API Gateway itself, and the greedy route is not
    asked. The application knows better (405 and Allow), and one entry a path keeps the template small.
    """
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = f"./{zip_name}"
    paths = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    for path, methods in paths.items():
        paths[path] = {"x-amazon-apigateway-any-method": every_method(next(iter(methods.values())))}
    return template


def every_method(method: dict[str, Any]) -> dict[str, Any]:
    """One method's definition as that of all: what it takes and where it goes, not what it says of itself."""
    kept = ("parameters", "responses", "x-amazon-apigateway-integration")
    return {key: method[key] for key in kept if key in method}


def lint(template: Path) -> None:
    """Refuse a template that cfn-lint complains about."""
    try:
        run([*tool("cfnlint.runner"), template.name], template.parent)
    except BundleError as error:
        raise BundleError(f"cfn-lint refuses the template:\n{error}") from None


if __name__ == "__main__":
    main()
