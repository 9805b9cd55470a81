"""Which route a path takes, with API Gateway's precedence."""

import re
from collections.abc import Iterable


class Router:
    """Chooses a route as API Gateway does: in each segment fixed text before `{name}` before `{name+}`."""

    def __init__(self, templates: Iterable[str]) -> None:
        self._routes = [(template, *_compile(template)) for template in sorted(templates, key=_precedence)]

    def match(self, path: str) -> tuple[str, dict[str, str]] | None:
        """The route's template and its parameters, percent-encoded as they came."""
        path = path.rstrip("/") or "/"
        for template, names, pattern in self._routes:
            if found := pattern.fullmatch(path):
                return template, dict(zip(names, found.groups(), strict=True))
        return None


def _precedence(template: str) -> list[int]:
    """Fixed text 0, a parameter 1, a greedy one 2, for each segment."""
    return [0 if not part.startswith("{") else 1 + part.endswith("+}") for part in template.split("/")]


def _compile(template: str) -> tuple[list[str], re.Pattern[str]]:
    pieces = re.split(r"\{([^{}]+)\}", template)
    names = pieces[1::2]
    for position, name in zip(range(1, len(pieces), 2), names, strict=True):
        pieces[position] = "(.+)" if name.endswith("+") else "([^/]+)"
    pieces[::2] = [re.escape(piece) for piece in pieces[::2]]
    return [name.rstrip("+") for name in names], re.compile("".join(pieces), re.DOTALL)
