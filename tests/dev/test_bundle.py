"""What keeps a bad bundle from being made. The whole build is tried by `make check-bundle`."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from jinja2 import ModuleLoader
from packaging.requirements import Requirement

from chalicelib.core import pages, versions
from dev.bundle import build, checks, probe, wheels
from dev.bundle.templates import compile_templates
from dev.bundle.wheels import ARM64, X86_64, BundleError, Pin

ROOT = Path(__file__).parents[2]


def make_wheel(folder: Path, name: str = "ham-1.0-py3-none-any.whl", **files: str) -> Path:
    """A wheel with a module `ham`; further files by their path, with `__` for a slash."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / name, "w") as archive:
        archive.writestr("ham/__init__.py", "SLICES = 3\n")
        archive.writestr("ham-1.0.dist-info/METADATA", "Name: ham\nVersion: 1.0\n")
        archive.writestr("ham-1.0.dist-info/RECORD", "")
        for path, content in files.items():
            archive.writestr(path.replace("__", "/"), content)
    return folder / name


def pin_of(wheel: Path) -> Pin:
    return Pin("ham", wheels.wheel_pin(wheel)[1], frozenset({hashlib.sha256(wheel.read_bytes()).hexdigest()}))


def library(path: Path, machine: int) -> Path:
    """The first bytes of an ELF library for a machine."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 3, machine) + bytes(44))
    return path


class TestTheLock:
    def test_every_requirement_is_pinned_with_hashes(self) -> None:
        names = {pin.name for pin in wheels.read_lock(ROOT / "requirements.txt")}
        wanted = [line.strip() for line in (ROOT / "requirements.in").read_text().splitlines()]
        assert {Requirement(line).name.lower() for line in wanted if line and line[0] != "#"} <= names

    def test_a_pin_keeps_all_its_hashes(self) -> None:
        pin = wheels.read_pin("Ham.Egg==1.0  --hash=sha256:aa  --hash=sha256:bb")
        assert pin
        assert (str(pin), pin.hashes) == ("ham-egg==1.0", frozenset({"aa", "bb"}))

    def test_a_marker_that_does_not_hold_leaves_the_package_out(self) -> None:
        assert wheels.read_pin("ham==1.0 ; python_version < '3' --hash=sha256:aa") is None

    @pytest.mark.parametrize("line", ["ham==1.0", "ham --hash=sha256:aa", "ham>=1.0 --hash=sha256:aa"])
    def test_a_package_without_version_or_hash_is_refused(self, line: str) -> None:
        with pytest.raises(BundleError, match="does not pin ham"):
            wheels.read_pin(line)

    def test_libraries_are_asked_for_the_glibc_that_lambda_has(self) -> None:
        newest = wheels.platforms(ARM64)[0]
        assert newest == (
            "manylinux_2_34_aarch64" if sys.version_info >= (3, 12) else "manylinux_2_26_aarch64"
        )
        assert "manylinux2014_x86_64" in wheels.platforms(X86_64)


class TestWheels:
    @pytest.fixture
    def lock(self, tmp_path: Path) -> Path:
        digest = hashlib.sha256(make_wheel(tmp_path / "good").read_bytes()).hexdigest()
        (tmp_path / "requirements.txt").write_text(f"ham==1.0 \\\n    --hash=sha256:{digest}\n    # via us\n")
        return tmp_path / "requirements.txt"

    def test_wheels_that_are_there_and_right_are_not_fetched_again(
        self, lock: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(wheels, "download", lambda *_: pytest.fail("fetched"))
        (wheel,) = wheels.locked_wheels(lock, ARM64, lock.parent / "good")
        assert wheel.name == "ham-1.0-py3-none-any.whl"

    def test_a_fetched_wheel_that_differs_from_the_lock_stops_the_build(
        self, lock: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whatever fetched it, and whether or not it looked at the hashes."""
        monkeypatch.setattr(wheels, "download", lambda _, __, folder: make_wheel(folder, evil="1"))
        with pytest.raises(BundleError, match="differs from the lock"):
            wheels.locked_wheels(lock, ARM64, lock.parent / "new")

    def test_the_locked_wheel_is_taken(self, tmp_path: Path) -> None:
        wheel = make_wheel(tmp_path)
        assert wheels.check_wheels((pin_of(wheel),), tmp_path) == [wheel]

    def test_a_wheel_that_differs_from_the_lock_is_refused(self, tmp_path: Path) -> None:
        pin = pin_of(make_wheel(tmp_path))
        make_wheel(tmp_path, evil="1")
        with pytest.raises(BundleError, match="differs from the lock"):
            wheels.check_wheels((pin,), tmp_path)

    def test_a_missing_wheel_is_noticed(self, tmp_path: Path) -> None:
        pin = pin_of(make_wheel(tmp_path / "elsewhere"))
        with pytest.raises(BundleError, match=r"No wheel of ham==1\.0"):
            wheels.check_wheels((pin,), tmp_path / "empty")

    def test_another_version_does_not_stand_in(self, tmp_path: Path) -> None:
        pin = pin_of(make_wheel(tmp_path / "elsewhere"))
        make_wheel(tmp_path / "wheels", "ham-1.1-py3-none-any.whl")
        with pytest.raises(BundleError, match=r"No wheel of ham==1\.0"):
            wheels.check_wheels((pin,), tmp_path / "wheels")

    def test_a_wheel_that_nothing_asked_for_is_refused(self, tmp_path: Path) -> None:
        pin = pin_of(make_wheel(tmp_path))
        make_wheel(tmp_path, "spam-1.0-py3-none-any.whl")
        with pytest.raises(BundleError, match=r"spam.* is not in the lock"):
            wheels.check_wheels((pin,), tmp_path)

    def test_a_source_distribution_is_refused(self, tmp_path: Path) -> None:
        pin = pin_of(make_wheel(tmp_path))
        (tmp_path / "ham-1.0.tar.gz").write_bytes(b"")
        with pytest.raises(BundleError, match="not a wheel"):
            wheels.check_wheels((pin,), tmp_path)

    @pytest.mark.parametrize(
        ("member", "place"),
        [
            ("ham/__init__.py", "ham/__init__.py"),
            ("ham-1.0.data/purelib/ham/a.py", "ham/a.py"),
            ("ham-1.0.data/platlib/_ham.so", "_ham.so"),
            ("ham-1.0.data/scripts/ham", None),
            ("ham/", None),
        ],
    )
    def test_members_land_where_python_looks(self, member: str, place: str | None) -> None:
        assert wheels.installed_path(member) == (place and PurePosixPath(place))

    def test_licences_stay_and_installers_notes_go(self, tmp_path: Path) -> None:
        wheel = make_wheel(tmp_path, **{"ham-1.0.dist-info__licenses__LICENSE": "free", "ham___c.pyi": ""})
        kept = {str(path) for path in wheels.wheel_files(wheel)}
        assert "ham-1.0.dist-info/licenses/LICENSE" in kept
        assert not {path for path in kept if path.endswith(("RECORD", ".pyi"))}

    def test_a_wheel_cannot_write_outside_or_over(self, tmp_path: Path) -> None:
        wheel = make_wheel(tmp_path)
        wheels.unpack(wheel, tmp_path / "out")
        with pytest.raises(BundleError, match="taken"):
            wheels.unpack(wheel, tmp_path / "out")
        with pytest.raises(BundleError, match="outside"):
            wheels.unpack(make_wheel(tmp_path / "evil", **{"..__x": "1"}), tmp_path / "evil" / "out")


class TestTheFolder:
    def test_a_package_that_chalice_left_out_is_noticed(self, tmp_path: Path) -> None:
        wheel = make_wheel(tmp_path)
        with pytest.raises(BundleError, match=r"lacks ham/__init__\.py"):
            checks.check_packages(tmp_path / "out", [wheel])

    def test_a_changed_file_is_noticed(self, tmp_path: Path) -> None:
        wheel, out = make_wheel(tmp_path), tmp_path / "out"
        wheels.unpack(wheel, out)
        checks.check_packages(out, [wheel])
        (out / "ham" / "__init__.py").write_text("SLICES = 4\n")
        with pytest.raises(BundleError, match="is not the one of ham"):
            checks.check_packages(out, [wheel])

    @pytest.mark.parametrize(
        "stranger", ["boto3/a.py", "pytest.py", "dev/serve.py", "chalicelib/tests/test_a.py"]
    )
    def test_requirement_39_nothing_else_is_in_it(self, tmp_path: Path, stranger: str) -> None:
        wheel, out = make_wheel(tmp_path), tmp_path / "out"
        wheels.unpack(wheel, out)
        checks.check_nothing_else(out, [wheel])
        (out / stranger).parent.mkdir(parents=True, exist_ok=True)
        (out / stranger).write_text("")
        with pytest.raises(BundleError, match="does not belong"):
            checks.check_nothing_else(out, [wheel])

    def test_a_library_for_another_machine_is_refused(self, tmp_path: Path) -> None:
        library(tmp_path / "nh3" / "nh3.abi3.so", X86_64.elf)
        checks.check_libraries(tmp_path, X86_64)
        with pytest.raises(BundleError, match=r"nh3\.abi3\.so is for machine 62, not arm64"):
            checks.check_libraries(tmp_path, ARM64)

    def test_a_library_for_another_python_is_refused(self, tmp_path: Path) -> None:
        library(tmp_path / "_yaml.cpython-39-aarch64-linux-gnu.so", ARM64.elf)
        with pytest.raises(BundleError, match="is not for cpython-3"):
            checks.check_libraries(tmp_path, ARM64)

    def test_what_is_no_elf_file_is_for_no_machine(self) -> None:
        assert checks.elf_machine(b"\xcf\xfa\xed\xfe" + bytes(16)) is None
        assert checks.elf_machine(b"\x7fELF") is None

    def test_the_size_has_a_limit(self, tmp_path: Path) -> None:
        (tmp_path / "a.zip").write_bytes(bytes(100))
        checks.check_size(tmp_path / "a.zip", 101)
        with pytest.raises(BundleError, match="100 bytes"):
            checks.check_size(tmp_path / "a.zip", 100)


class TestBytecode:
    def test_modules_are_compiled_so_that_nothing_is_compiled_again(self, tmp_path: Path) -> None:
        (tmp_path / "ham.py").write_text("SLICES = frozenset({'a', 'b', 'c'})\n")
        with pytest.raises(BundleError, match=r"ham\.py has no bytecode"):
            checks.check_bytecode(tmp_path)
        build.compile_modules(tmp_path)
        checks.check_bytecode(tmp_path)

    def test_bytecode_with_a_time_stamp_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "ham.py").write_text("SLICES = 3\n")
        build.run([sys.executable, "-m", "compileall", "-q", tmp_path], tmp_path)
        with pytest.raises(BundleError, match="checked against its source"):
            checks.check_bytecode(tmp_path)

    def test_bytecode_of_another_python_is_refused(self) -> None:
        with pytest.raises(BundleError, match="another Python"):
            checks.check_pyc(bytes(16), Path("ham.pyc"))

    def test_bytecode_without_its_module_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "ham.py").write_text("SLICES = 3\n")
        build.compile_modules(tmp_path)
        (tmp_path / "ham.py").unlink()
        with pytest.raises(BundleError, match="bytecode without a module"):
            checks.check_bytecode(tmp_path)


class TestTheZip:
    def test_the_same_files_give_the_same_bytes(self, tmp_path: Path) -> None:
        """Whatever their time stamps, modes, and the order in which they came."""
        for place, names in (("one", ("a.py", "b/c.py", "d.so")), ("two", ("d.so", "b/c.py", "a.py"))):
            for name in names:
                file = tmp_path / place / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(f"# {name}\n" * 50)
                os.utime(file, (len(place) * 1e9, 0) if place == "one" else None)
            build.write_zip(tmp_path / place, tmp_path / f"{place}.zip")
        assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()

    def test_lambda_may_read_every_file(self, tmp_path: Path) -> None:
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "a.py").touch(mode=0o600)
        library(tmp_path / "in" / "b.abi3.so", ARM64.elf)
        with zipfile.ZipFile(build.write_zip(tmp_path / "in", tmp_path / "out.zip")) as archive:
            modes = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in archive.infolist()}
        assert modes == {"a.py": 0o644, "b.abi3.so": 0o755}


class TestTemplates:
    def test_compiled_templates_render_as_their_sources(self, tmp_path: Path) -> None:
        (tmp_path / "in" / "posts").mkdir(parents=True)
        (tmp_path / "in" / "base.html").write_text("<title>{% block title %}{% endblock %}</title>\n")
        page = '{% extends "base.html" %}\n{% block title %}{{ title }}{% endblock %}\n'
        (tmp_path / "in" / "posts" / "post.html").write_text(page)
        assert compile_templates(tmp_path / "out", tmp_path / "in") == 2
        compiled = pages.environment(ModuleLoader(tmp_path / "out"))
        assert compiled.get_template("posts/post.html").render(title="<b>") == "<title>&lt;b&gt;</title>"

    def test_a_mistake_in_a_template_stops_the_build(self, tmp_path: Path) -> None:
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "a.html").write_text("{% if %}")
        with pytest.raises(Exception, match="Expected an expression"):
            compile_templates(tmp_path / "out", tmp_path / "in")


class TestTheRelease:
    """By which the pages of one release are told from those of the next."""

    @pytest.fixture
    def source(self, tmp_path: Path) -> Path:
        """A copy of what is deployed and of what compiles it."""
        for folder in ("chalicelib", "templates", "dev", ".chalice"):
            shutil.copytree(ROOT / folder, tmp_path / "source" / folder, ignore=build.JUNK)
        shutil.copy(ROOT / "app.py", tmp_path / "source")
        return tmp_path / "source"

    def tag(self, source: Path, work: Path) -> str:
        """The ETag of a page, as a bundle of that source makes it."""
        stage = build.prepare(source, work / "stage", ARM64, [])
        bundle = build.fresh(work / "bundle")
        for part in (stage, stage / "vendor"):
            shutil.copytree(part, bundle, dirs_exist_ok=True)
        code = "from chalicelib.settings.model import Site; from chalicelib.core import clock, versions as v"
        code += "; print('.'.join(v.known_by(Site(), clock.now())))"
        command = [sys.executable, "-B", "-c", code]
        return subprocess.run(command, cwd=bundle, capture_output=True, text=True, check=True).stdout.strip()

    def test_it_is_that_of_the_source_and_stands_in_the_etags(self, source: Path, tmp_path: Path) -> None:
        tag = self.tag(source, tmp_path)
        release = (tmp_path / "stage" / "vendor" / "release").read_text().strip()
        assert release == versions.digest_of(source) == versions.digest_of(ROOT)
        assert tag.split(".")[0] == release

    @pytest.mark.parametrize(
        "changed", ["templates/base.html", "templates/words/en.json", "chalicelib/core/words.py"]
    )
    def test_it_is_another_when_something_changed(self, source: Path, tmp_path: Path, changed: str) -> None:
        before = self.tag(source, tmp_path)
        (source / changed).write_text((source / changed).read_text() + "\n")
        assert self.tag(source, tmp_path) != before

    def test_the_file_decides_in_a_bundle(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "release").write_text("1a2b3c4d\n")
        monkeypatch.setattr(versions, "_ROOT", tmp_path)
        assert versions.release.__wrapped__() == "1a2b3c4d"


class TestTheProbe:
    """`make check-bundle` must be able to fail: what it looks for is found where it is."""

    def ask(self, folder: Path, *requests: object) -> list[dict[str, object]]:
        command = [
            sys.executable,
            "-I",
            "-S",
            probe.__file__,
            str(folder),
            str(folder / "lib"),
            "app.app",
        ]
        lines = "".join(json.dumps(request) + "\n" for request in requests)
        done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True, cwd=folder)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_what_is_compiled_at_the_start_is_reported(self, tmp_path: Path) -> None:
        (tmp_path / "app.py").write_text(
            "def app(event, context):\n    print('a line of log')\n    return event\n"
        )
        event = {"requestContext": {"requestId": "1"}}
        answers = self.ask(tmp_path, {"event": event}, {"report": True})
        assert answers[0] == {"answer": event}
        report = answers[1]["answer"]
        assert isinstance(report, dict)
        assert (report["compiled"], report["strangers"]) == (["app.py"], [])

    def test_bytecode_of_the_bundle_is_used(self, tmp_path: Path) -> None:
        (tmp_path / "app.py").write_text("def app(event, context):\n    raise ValueError('no')\n")
        build.compile_modules(tmp_path)
        answers = self.ask(tmp_path, {"event": {"requestContext": {"requestId": "1"}}}, {"report": True})
        assert answers[0] == {"error": "ValueError: no"}
        report = answers[1]["answer"]
        assert isinstance(report, dict)
        assert report["compiled"] == []

    def test_it_sees_nothing_of_this_virtual_environment(self, tmp_path: Path) -> None:
        (tmp_path / "app.py").write_text("import pytest\n")
        with pytest.raises(subprocess.CalledProcessError):
            self.ask(tmp_path)
