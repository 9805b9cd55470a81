"""A post as one Markdown document: YAML front matter between two lines of `---`, then the text."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from chalicelib.core.problems import BadRequest

LONGEST_FRONT_MATTER = 10_000
FENCE = "---"


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
    fields = _load(text)
    if fields is None:
        return {}
    if not isinstance(fields, dict) or not all(isinstance(name, str) for name in fields):
        raise BadRequest("The front matter must be lines such as “title: Hello”.")
    return {name: _plain(value) for name, value in fields.items() if value is not None}


def _load(text: str) -> Any:
    import yaml

    try:
        # Aliases can make a document of a few bytes unfold without end; no front matter needs any.
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=yaml.SafeLoader)):
            raise BadRequest("The front matter has a YAML alias (*name). Write the value out.")
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 2}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise BadRequest(f"The front matter is not YAML: {problem}{where}.") from error
    except (RecursionError, ValueError) as error:
        raise BadRequest("The front matter is not YAML that can be read.") from error


def _plain(value: Any) -> Any:
    """YAML turns what looks like a time or a number into one; fields take text. A time without an
    offset is UTC, as YAML has it.
    """
    if isinstance(value, datetime):
        return value.isoformat() + ("Z" if value.tzinfo is None else "")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value
