"""A post as one Markdown document: YAML front matter between two lines of `---`, then the text."""

from __future__ import annotations

from typing import Any

from chalicelib.core.fields import Flag
from chalicelib.core.problems import BadRequest
from chalicelib.posts.model import POST_FIELDS

LONGEST_FRONT_MATTER = 10_000
MOST_BRACKETS = 100
"""The YAML scanner takes seconds over thousands of them."""

FENCE = "---"

FLAGS = {"true": True, "false": False}
POST_FLAGS = [name for name, field in POST_FIELDS.declared.items() if isinstance(field, Flag)]


def read_document(text: str) -> dict[str, Any]:
    """The fields of the front matter, and the text as `body`; not yet checked.

    Raises BadRequest where the front matter is not plain YAML. A document may lack it.
    """
    lines = text.removeprefix("\ufeff").splitlines(keepends=True)
    if not lines or lines[0].rstrip() != FENCE:
        return {"body": "".join(lines)}
    end = next((at for at, line in enumerate(lines[1:], 1) if line.rstrip() == FENCE), None)
    if end is None:
        raise BadRequest("The front matter begins with “---” and never ends. Close it with a line of “---”.")
    fields = _front_matter("".join(lines[1:end]))
    if "body" in fields:
        raise BadRequest("“body” stands in the front matter. The text belongs below it.")
    return {**fields, "body": "".join(lines[end + 1 :]).lstrip("\r\n")}


def _front_matter(text: str) -> dict[str, Any]:
    if len(text) > LONGEST_FRONT_MATTER:
        raise BadRequest(f"The front matter is longer than {LONGEST_FRONT_MATTER:,} characters.")
    if sum(map(text.count, "[{")) > MOST_BRACKETS:
        raise BadRequest("The front matter is not YAML that can be read: it holds too many brackets.")
    fields = _load(text) or {}
    if not isinstance(fields, dict):
        raise BadRequest("The front matter must be lines such as “title: Hello”.")
    given = {name: value for name, value in fields.items() if value not in ("", "null", "~")}
    return {name: FLAGS.get(value, value) if name in POST_FLAGS else value for name, value in given.items()}


def _load(text: str) -> Any:
    """YAML in which every value is the text that was typed: a title of `12:30` is not a number."""
    import yaml

    try:
        # Aliases can make a document of a few bytes unfold without end; no front matter needs any.
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=yaml.BaseLoader)):
            raise BadRequest("The front matter has a YAML alias (*name). Write the value out.")
        _refuse_repeated(yaml.compose(text, Loader=yaml.BaseLoader))
        return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it makes text, lists and dicts only
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 2}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be read"
        hint = "A value that holds a colon or a quotation mark belongs in quotes."
        raise BadRequest(f"The front matter is not YAML: {problem}{where}. {hint}") from error
    except (RecursionError, ValueError, TypeError) as error:
        raise BadRequest("The front matter is not YAML that can be read.") from error


def _refuse_repeated(document: Any) -> None:
    """A name that stands twice: YAML keeps the last, and the author would lose the first."""
    pairs = document.value if getattr(document, "id", "") == "mapping" else []
    seen: set[str] = set()
    for name, _ in pairs:
        if str(name.value) in seen:
            raise BadRequest(f"“{str(name.value)[:40]}” stands twice in the front matter.")
        seen.add(str(name.value))
