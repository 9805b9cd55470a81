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
# The bundle holds the templates as Python modules too: compiling them would cost a cold start
# more than all the rest of this package.
COMPILED = _HERE / "templates_compiled"

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
def _environment() -> Environment:
    from jinja2 import FileSystemLoader, ModuleLoader

    return environment(ModuleLoader(COMPILED) if COMPILED.is_dir() else FileSystemLoader(TEMPLATES))


@cache
def _template(name: str) -> Template:
    return _environment().get_template(name)


@cache
def macro(template: str, name: str) -> Callable[..., Markup]:
    """A part of pages, to be handed to templates as a value: importing it anew for each page costs
    more than filling it.
    """
    found: Callable[..., Markup] = getattr(_template(template).module, name)
    return found


def render(template: str, **values: Any) -> str:
    return _template(template).render(values)


@cache
def assets() -> dict[str, tuple[str, str]]:
    """{public name: (content type, content)}. The name holds a hash, so that it may be cached for
    ever: `style-1a2b3c4d.css`.
    """
    found = {}
    for file in sorted((TEMPLATES / "assets").iterdir()):
        if content_type := ASSET_TYPES.get(file.suffix):
            content = file.read_text()
            mark = sha256(content.encode()).hexdigest()[:8]
            found[f"{file.stem}-{mark}{file.suffix}"] = (content_type, content)
    return found


@cache
def asset_url(stem: str, suffix: str) -> str:
    """The path of an asset by its plain name."""
    return next(f"/assets/{n}" for n in assets() if n.startswith(f"{stem}-") and n.endswith(suffix))
