"""Everything that can be wrong with a request, as exceptions that a person can act on.

Each becomes one answer, in `core.web`: an `application/problem+json` (RFC 9457) for clients, a page
for browsers. `detail` says what is wrong and what to do about it, and never repeats a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self


class Problem(Exception):
    """An answer other than success. Raised by rules and actions, caught once, in `core.web`."""

    status = 500
    title = "Something went wrong"

    def __init__(self, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = dict(headers or {})
        self.errors: list[dict[str, str]] = []


class BadRequest(Problem):
    status, title = 400, "The request cannot be read"


class Unauthorized(Problem):
    """RFC 6750, section 3: a missing or unusable token."""

    status, title = 401, "A token is needed"

    def __init__(self, detail: str, *, error: str | None = None) -> None:
        challenge = 'Bearer realm="parley"' + (f', error="{error}"' if error else "")
        super().__init__(detail, headers={"WWW-Authenticate": challenge})


class Forbidden(Problem):
    """RFC 6750, section 3.1: the token is good, its scope is not."""

    status, title = 403, "The token does not allow this"

    def __init__(self, detail: str, *, scope: str) -> None:
        challenge = f'Bearer realm="parley", error="insufficient_scope", scope="{scope}"'
        super().__init__(detail, headers={"WWW-Authenticate": challenge})


class NotFound(Problem):
    status, title = 404, "There is nothing here"


class MethodNotAllowed(Problem):
    status, title = 405, "This address does not take that method"


class Conflict(Problem):
    status, title = 409, "This does not fit what is stored"


class Gone(Problem):
    status, title = 410, "This was deleted"


class PreconditionFailed(Problem):
    status, title = 412, "Somebody else changed this first"


class UnsupportedMediaType(Problem):
    status, title = 415, "This content type is not understood"


class Invalid(Problem):
    """One or more fields that cannot be accepted; `errors` names each with its remedy."""

    status, title = 422, "Some fields need another look"

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.errors = [{"field": field, "detail": detail}]

    @classmethod
    def fields(cls, errors: Mapping[str, str]) -> Self:
        """Several fields at once, in the order given; `errors` is {field: what is wrong}."""
        field, detail = next(iter(errors.items()))
        problem = cls(field, detail)
        problem.errors = [{"field": name, "detail": wrong} for name, wrong in errors.items()]
        return problem


class TooLarge(Invalid):
    """A field, or the request as a whole (field `body`), passes its limit in bytes."""

    status, title = 413, "This is too long"


class NotWelcome(Problem):
    """The author has banned whom this comes from."""

    status, title = 403, "This blog does not take that from you"


class FromElsewhere(Problem):
    """A page of another website made a reader's browser send this, perhaps without its reader's knowledge."""

    status, title = 403, "This was sent by another website"

    def __init__(self) -> None:
        super().__init__("A page of another website sent this, so nothing was kept. Send it from this blog.")


class TooMany(Problem):
    """RFC 6585, section 4. `wait` is in seconds."""

    status, title = 429, "Too many at once"

    def __init__(self, detail: str, wait: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(wait)})


class Unavailable(Problem):
    status, title = 503, "The blog cannot reach its storage"

    def __init__(self, cause: str = "Conflict") -> None:
        super().__init__(
            "What was sent may not be kept. Please try again in a moment.", headers={"Retry-After": "5"}
        )
        self.cause = cause
        """The fault's name, for the log."""
