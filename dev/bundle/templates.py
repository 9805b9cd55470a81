"""Templates as Python modules, so that a cold start loads bytecode instead of compiling templates.

`python -m dev.bundle.templates FOLDER` writes them. `chalicelib/core/pages.py` takes them from
`templates_compiled/` beside `app.py` where that exists, through `jinja2.ModuleLoader`, and compiles
`templates/` itself where it does not. A traceback of the
bundle names them `tmpl_…`, by the SHA-1 of the template's name.
"""

from __future__ import annotations

import sys
from pathlib import Path

from jinja2 import FileSystemLoader

from chalicelib.core import pages

SOURCE = Path(__file__).parents[2] / "templates"


def compile_templates(target: Path, source: Path = SOURCE) -> int:
    """Compile every template under `source` into `target`, with the very options the application uses.

    Returns how many. A template with a mistake raises `jinja2.TemplateSyntaxError`.
    """
    environment = pages.environment(FileSystemLoader(source))
    target.mkdir(parents=True, exist_ok=True)
    environment.compile_templates(target, extensions=["html", "xml", "txt"], zip=None, ignore_errors=False)
    return len(list(target.glob("tmpl_*.py")))


if __name__ == "__main__":
    compile_templates(Path(sys.argv[1]))
