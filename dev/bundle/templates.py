"""Templates as Python modules, so that a cold start loads bytecode instead of compiling templates.

`python -m dev.bundle.templates FOLDER` writes them, those of each theme into a folder of its own.
`chalicelib/core/pages.py` takes them from `templates_compiled/` beside `app.py` where that exists,
through `jinja2.ModuleLoader`, and compiles `templates/` itself where it does not. A traceback of the
bundle names them `tmpl_…`, by the SHA-1 of the template's name.
"""

from __future__ import annotations

import sys
from pathlib import Path

from jinja2 import FileSystemLoader

from chalicelib.core import pages

SOURCE = Path(__file__).parents[2] / "templates"
SUFFIXES = (".html", ".xml", ".txt")


def compile_templates(target: Path, source: Path = SOURCE) -> int:
    """Compile every template under `source` into `target`, with the very options the application uses.

    Returns how many. A template with a mistake raises `jinja2.TemplateSyntaxError`.
    """
    themes = [folder for folder in source.glob(f"{pages.THEMES}/*") if folder.is_dir()]
    for folder in (source, *themes):
        _compile(folder, target / folder.relative_to(source))
    return len(list(target.rglob("tmpl_*.py")))


def _compile(source: Path, target: Path) -> None:
    def is_template(name: str) -> bool:
        return name.endswith(SUFFIXES) and not name.startswith(f"{pages.THEMES}/")

    target.mkdir(parents=True, exist_ok=True)
    environment = pages.environment(FileSystemLoader(source))
    environment.compile_templates(target, filter_func=is_template, zip=None, ignore_errors=False)


if __name__ == "__main__":
    compile_templates(Path(sys.argv[1]))
