"""Tokens, over the API. The first one is made with the table's credentials: `make token`."""

from __future__ import annotations

from typing import Any

from chalicelib.accounts.actions import create_token, list_tokens, revoke_token
from chalicelib.accounts.model import NEW_TOKEN, Token
from chalicelib.core import answers, clock, web
from chalicelib.core.answers import Answer
from chalicelib.core.problems import Forbidden, Invalid
from chalicelib.core.requests import Request

routes = web.Routes("accounts")


@routes.get("/api/tokens", scope="admin")
def show_tokens(request: Request) -> Answer:
    request.only_parameters()
    return answers.of_json({"items": [_shown(token) for token in list_tokens()]})


@routes.post("/api/tokens", scope="admin")
def make_token(request: Request) -> Answer:
    """The answer is the only place where the secret is ever shown."""
    sent = NEW_TOKEN.read(request.json(limit=10_000))
    if missing := [name for name in ("name", "scopes") if name not in sent]:
        raise Invalid.fields({name: f"“{name}” is missing." for name in missing})
    _only_own_scopes(request, sent["scopes"])
    made = create_token(**sent)
    return answers.of_json({**_shown(made.token), "token": made.secret}, 201)


@routes.delete("/api/tokens/{token_id}", scope="admin")
def end_token(_: Request, token_id: str) -> Answer:
    revoke_token(token_id)
    return answers.nothing()


def _only_own_scopes(request: Request, scopes: list[str]) -> None:
    """A token cannot make one that may do more than itself."""
    own = request.principal.scopes if request.principal else frozenset()
    for scope in scopes:
        if scope not in own:
            raise Forbidden(f"Your token lacks the scope “{scope}”, so it cannot give it.", scope=scope)


def _shown(token: Token) -> dict[str, Any]:
    times = {
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
        "revoked_at": token.revoked_at,
    }
    return {
        "id": token.id,
        "name": token.name,
        "scopes": list(token.scopes),
        **clock.stamps(times),
    }
