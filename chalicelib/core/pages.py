"""Templates. They receive finished values and never fetch."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import BaseLoader, Environment, Template
    from markupsafe import Markup

_HERE = Path(__file__).resolve().parents[2]
TEMPLATES = _HERE / "templates"
THEMES = "themes"
"""The folder, among the templates and among the compiled ones, with a folder for each theme."""
# The bundle holds the templates as Python modules too: compiling them would cost a cold start
# more than all the rest of this package.
COMPILED = _HERE / "templates_compiled"

GIVEN = "given"
"""Before the name of a template of the given look, for a theme's template that extends it."""

ASSET_TYPES = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


def environment(loader: BaseLoader) -> Environment:
    """The one way templates are read, also by what compiles them for the bundle."""
    from jinja2 import Environment, StrictUndefined

    return Environment(
        loader=loader,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        auto_reload=False,
    )


@cache
def _environment(theme: str) -> Environment:
    from jinja2 import ChoiceLoader, FileSystemLoader, ModuleLoader, PrefixLoader

    given, loader = (COMPILED, ModuleLoader) if COMPILED.is_dir() else (TEMPLATES, FileSystemLoader)
    if not theme:
        return environment(loader(given))
    first = loader([given / THEMES / theme, given])
    return environment(ChoiceLoader([first, PrefixLoader({GIVEN: loader(given)})]))


@cache
def _template(name: str, theme: str) -> Template:
    return _environment(theme if theme in themes() else "").get_template(name)


@cache
def macro(template: str, name: str, theme: str = "") -> Callable[..., Markup]:
    """A part of pages, to be handed to templates as a value: importing it anew for each page costs
    more than filling it.
    """
    found: Callable[..., Markup] = getattr(_template(template, theme).module, name)
    return found


def render(template: str, theme: str = "", **values: Any) -> str:
    """A page in a theme; in the given look where there is no such theme (any more)."""
    return _template(template, theme).render(values)


@cache
def themes() -> frozenset[str]:
    """Their names, which are those of their folders."""
    folder = TEMPLATES / THEMES
    return frozenset(entry.name for entry in folder.glob("*") if entry.is_dir())


@cache
def theme_css(theme: str) -> str:
    """What a theme adds to the given stylesheet."""
    file = TEMPLATES / THEMES / theme / "theme.css"
    return file.read_text(encoding="utf-8") if theme in themes() and file.is_file() else ""


@cache
def assets() -> dict[str, tuple[str, str]]:
    """{public name: (content type, content)}."""
    found = {}
    for file in sorted((TEMPLATES / "assets").iterdir()):
        if content_type := ASSET_TYPES.get(file.suffix):
            content = file.read_text(encoding="utf-8")
            found[public_name(file.stem, file.suffix, content)] = (content_type, content)
    return found


def public_name(stem: str, suffix: str, content: str) -> str:
    """With a hash of the content in it, so that it may be cached for ever: `style-1a2b3c4d.css`."""
    return f"{stem}-{sha256(content.encode()).hexdigest()[:8]}{suffix}"


@cache
def asset_name(stem: str, suffix: str) -> str:
    """The public name of an asset."""
    return next(name for name in assets() if name.startswith(f"{stem}-") and name.endswith(suffix))
