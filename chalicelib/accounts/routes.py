"""Tokens, over the API. The first one is made with the table's credentials: `make token`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib.accounts.actions import create_token, list_tokens, revoke_token
from chalicelib.accounts.model import NEW_TOKEN, Token
from chalicelib.core import answers, clock, web
from chalicelib.core.answers import Answer
from chalicelib.core.problems import Forbidden, Invalid
from chalicelib.core.requests import Request

routes = web.Routes()


@routes.get("/api/tokens", scope="admin")
def show_tokens(_: Request) -> Answer:
    return answers.of_json({"items": [_shown(token) for token in list_tokens()]})


@routes.post("/api/tokens", scope="admin")
def make_token(request: Request) -> Answer:
    """The answer is the only place where the secret is ever shown."""
    sent = NEW_TOKEN.read(request.json(limit=10_000))
    if missing := [name for name in ("name", "scopes") if name not in sent]:
        raise Invalid.fields({name: f"“{name}” is missing." for name in missing})
    _no_more_than_own(request, sent["scopes"], sent.get("expires_at"))
    made = create_token(**sent)
    return answers.of_json({**_shown(made.token), "token": made.secret}, 201)


@routes.delete("/api/tokens/{token_id}", scope="admin")
def end_token(_: Request, token_id: str) -> Answer:
    revoke_token(token_id)
    return answers.nothing()


def _no_more_than_own(request: Request, scopes: list[str], expires_at: datetime | None) -> None:
    """A token cannot make one that may do more than itself, or for longer."""
    maker = request.principal
    for scope in scopes:
        if not maker or scope not in maker.scopes:
            raise Forbidden(f"Your token lacks the scope “{scope}”, so it cannot give it.", scope=scope)
    if maker and maker.expires_at and (expires_at is None or expires_at > maker.expires_at):
        end = clock.stamp(maker.expires_at)
        raise Invalid("expires_at", f"Your token ends at {end}, so one that it makes must end by then.")


def _shown(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": list(token.scopes),
        **clock.stamps(token.times),
    }
