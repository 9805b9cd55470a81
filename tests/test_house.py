"""The house: who may import whom, and what must not be loaded before it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from chalicelib import seldom

ROOT = Path(__file__).resolve().parents[1]
LIB = ROOT / "chalicelib"
FILES = sorted(path.relative_to(LIB) for path in LIB.rglob("*.py"))

# Rooms may import those of earlier floors.
FLOORS = [
    {"core"},
    {"settings", "accounts", "people", "media"},
    {"posts"},
    {"comments"},
    {"likes"},
    {"moderation"},
    {"notices"},
    {"lists"},
    {"site", "feeds", "publishing"},
]
# Files of a room, from the last in a request's way to the first; `views` and `pages` are the edge's.
ROUTES = set(
    "model store actions own screening stamps forms banning reading views pages documents lists list_pages post_pages"
    " entries icons sitemap keys yours repair".split()
)
FURNITURE = {
    "model": set(),
    "bans": {"model"},
    "stamps": set(),
    "screening": {"model", "bans", "stamps"},
    "texts": {"model"},
    "own": {"model", "bans", "store", "actions", "screening", "texts"},
    "forms": {"model"},
    "repair": set(),
    "documents": {"model", "content", "entries", "store", "stamps", "reading", "views", "formats", "streams"},
    "store": {"model", "texts"},
    "tallies": {"model", "store"},
    "past": {"model", "store"},
    "slugs": {"model", "store", "past"},
    "changes": {"model", "store", "tallies", "past"},
    "editing": {"model", "texts", "store", "slugs", "changes"},
    "rendering": {"model", "texts", "store", "tallies", "changes", "editing", "actions"},
    "actions": set(
        "model texts store tallies past slugs changes editing bans screening banning closing notes rules keys letters yours"
        " looking streams".split()
    ),
    # What a post was before, and links to what it is not yet.
    "revisions": {"model", "texts", "store", "actions", "changes"},
    "previews": {"model", "store", "actions"},
    "revision_routes": {"routes"},
    "revision_views": set(),
    "revision_pages": {"revision_views"},
    "preview_routes": {"routes", "documents", "reading", "post_pages"},
    "sessions": {"model", "store", "actions"},
    "reading": {"model", "store", "actions", "entries"},
    "views": {"model", "store", "stamps", "screening", "banning", "closing"},
    # Moderation: what an act makes of a thing, what is noted of it, and the pages with its buttons.
    "notes": {"model", "store"},
    "rules": {"model", "store"},
    "closing": {"model", "notes"},
    "banning": {"model", "store", "notes"},
    "links": {"model", "store", "actions", "rules"},
    "desk": {"model", "store", "actions", "pages", "views"},
    "link_routes": {"links", "pages", "views"},
    "pages": {"model", "store", "actions", "views"},
    "routes": ROUTES,
    "own_routes": ROUTES,
    # The readers' side of a conversation: what its pages are known by, the pages, and their routes.
    "validators": {"model", "stamps"},
    "thread_pages": {"model", "reading", "views"},
    "thread_routes": {"store", "reading", "documents", "thread_pages", "validators"},
    "events": {"actions"},
    # Telling of what has come out.
    "announcing": set(),
    # The readers' pages: what is read, what their heads say, how they are filled.
    "lists": set(),
    "head": set(),
    "structured": set(),
    "post_pages": {"reading", "head", "structured"},
    "list_pages": {"lists", "head", "structured"},
    # Mails: what stands in their links, what they say, and what may be asked for by one.
    "keys": set(),
    "letters": {"model", "keys"},
    "yours": {"model", "store", "keys", "letters"},
    # Feeds: contents, entries made of them, documents made of those.
    "content": set(),
    "entries": {"content"},
    "icons": set(),
    # Files: what they are by their bytes, how pictures are made anew, what the worker does about them.
    "streams": set(),
    "formats": {"model"},
    "rasters": {"formats"},
    "boxes": {"formats", "streams"},
    "looking": {"model", "formats", "rasters", "boxes", "documents", "streams"},
    "drawing": {"formats", "rasters"},
    "processing": {"model", "store", "formats", "looking", "drawing", "streams"},
    "sitemap": {"entries"},
}
KNOWS_THE_FRAMEWORK = {"core/web.py", "core/events.py"}
SPEAKS_TO_AWS = {"core/table.py", "core/aws.py", "core/objects.py"}
HEAVY = {"markdown", "pygments", "yaml", "anyascii", "nh3", "pymdownx", "jinja2", "PIL"}
EDGE = {"core.web", "core.pages", "core.answers", "core.requests"}


def imports(path: Path, *, at_module_level: bool = False) -> Iterator[str]:
    """The modules that a file imports, with full names."""
    tree = ast.parse((LIB / path).read_text())
    for node in _run_on_import(tree) if at_module_level else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _run_on_import(node: ast.AST) -> Iterator[ast.AST]:
    """Statements that run when the module is imported: not those in functions or for types alone."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        yield child
        yield from _run_on_import(child)


def own(path: Path) -> list[str]:
    """What it imports of this house, as `room.file`."""
    found = [name.removeprefix("chalicelib.") for name in imports(path) if name.startswith("chalicelib.")]
    return [".".join((name + ".").split(".")[:2]).rstrip(".") for name in found]


def floor_of(room: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def ids(path: Path) -> str:
    return str(path)


IN_ROOMS = [
    path for path in FILES if len(path.parts) == 2 and path.name != "__init__.py" and path.parts[0] != "core"
]


def test_every_room_has_its_floor() -> None:
    rooms = {path.parts[0] for path in FILES if len(path.parts) > 1}
    assert rooms == set().union(*FLOORS)


@pytest.mark.parametrize("path", [path for path in FILES if len(path.parts) > 1], ids=ids)
def test_rooms_import_from_earlier_floors(path: Path) -> None:
    room = path.parts[0]
    for name in own(path):
        other = name.partition(".")[0]
        assert other == room or floor_of(other) < floor_of(room), f"{path} imports {name}"


@pytest.mark.parametrize("path", IN_ROOMS, ids=ids)
def test_within_a_room_imports_go_one_way(path: Path) -> None:
    for name in own(path):
        room, _, file = name.partition(".")
        if room == path.parts[0]:
            assert file in FURNITURE[path.stem], f"{path} imports {name}"


@pytest.mark.parametrize("path", [path for path in IN_ROOMS if path.stem == "model"], ids=ids)
def test_models_are_pure(path: Path) -> None:
    """The standard library, and what is pure in core."""
    pure = {"core.text", "core.fields", "core.problems", "core.markup", "core.clock", "core.values"}
    pure.add("comments.texts")
    assert {name for name in own(path) if not name.endswith(".model")} <= pure
    outside = {name.partition(".")[0] for name in imports(path)} - set(sys.stdlib_module_names)
    assert outside <= {"chalicelib"}


@pytest.mark.parametrize("path", [path for path in IN_ROOMS if path.stem == "store"], ids=ids)
def test_stores_know_nothing_of_the_web(path: Path) -> None:
    assert not EDGE & set(own(path))


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_only_the_edge_knows_the_framework(path: Path) -> None:
    if str(path) not in KNOWS_THE_FRAMEWORK:
        assert "chalice" not in {name.partition(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_only_the_table_speaks_to_aws(path: Path) -> None:
    if str(path) not in SPEAKS_TO_AWS:
        assert not {"boto3", "botocore", "mypy_boto3_dynamodb"} & {
            name.partition(".")[0] for name in imports(path)
        }


@pytest.mark.parametrize(
    "path", [path for path in FILES if "markup" not in path.parts and path.stem != "drawing"], ids=ids
)
def test_what_is_heavy_is_imported_where_it_is_needed(path: Path) -> None:
    loaded = {name.partition(".")[0] for name in imports(path, at_module_level=True)}
    assert not HEAVY & loaded


def test_app_is_a_table_of_contents() -> None:
    tree = ast.parse((ROOT / "app.py").read_text())
    assert not [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.If | ast.For)
    ]


def test_a_cold_start_loads_nothing_that_reading_does_not_need() -> None:
    code = f"import sys, app; print(*sorted({HEAVY!r} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


@pytest.mark.parametrize("module", sorted({*seldom.ROUTES, *seldom.JOBS}))
def test_what_is_loaded_later_is_what_is_written_of_it(module: str) -> None:
    """A route or a kind of job that `chalicelib/seldom.py` does not name would never be reached."""
    loaded = import_module(module)
    if module in seldom.ROUTES:
        declared = {path: set(endpoints) for path, endpoints in loaded.routes.endpoints.items()}
        assert {path: set(told.split()) for path, told in seldom.ROUTES[module].items()} == declared
    assert set(seldom.JOBS.get(module, ())) == set(
        getattr(loaded, "JOBS", {}) if module in seldom.JOBS else ()
    )


def test_every_room_with_routes_is_served() -> None:
    served = {*seldom.ROUTES} | {
        name for name in imports(ROOT / "app.py") if name.endswith(("routes", "_routes"))
    }
    rooms = {
        f"chalicelib.{'.'.join(path.with_suffix('').parts)}"
        for path in FILES
        if "= web.Routes()" in (LIB / path).read_text()
    }
    assert rooms == served


def test_a_cold_start_loads_no_room_that_readers_seldom_need() -> None:
    code = f"import sys, app; print(*sorted({ {*seldom.ROUTES, *seldom.JOBS}!r} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
