"""Who may do what, and how tokens are kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

import app as parley
from chalicelib.accounts import actions, store
from chalicelib.accounts.model import SCOPES
from chalicelib.core import table
from chalicelib.core.config import config
from chalicelib.core.table import Put
from tests.blog import Blog, Got
from tests.conftest import Moment
from tests.faults import Faults

ID = "0000000000000"
MATRIX = {
    ("POST", "/api/posts"): "create",
    ("GET", "/api/posts"): "read",
    ("GET", "/api/posts/{post_id}"): "read",
    ("PATCH", "/api/posts/{post_id}"): "update",
    ("POST", "/api/posts/{post_id}/recount"): "update",
    ("DELETE", "/api/posts/{post_id}"): "delete",
    ("POST", "/api/posts/{post_id}/preview"): "update",
    ("DELETE", "/api/posts/{post_id}/preview"): "update",
    ("POST", "/api/render"): "create",
    ("GET", "/api/posts/{post_id}/revisions"): "read",
    ("GET", "/api/posts/{post_id}/revisions/{number}"): "read",
    ("GET", "/api/posts/{post_id}/revisions/{number}/diff"): "read",
    ("POST", "/api/posts/{post_id}/revisions/{number}/restore"): "update",
    ("GET", "/api/posts/{post_id}/likes"): "moderate",
    ("POST", "/api/posts/{post_id}/likes"): "moderate",
    ("DELETE", "/api/posts/{post_id}/likes"): "moderate",
    ("GET", "/api/comments"): "moderate",
    ("GET", "/api/comments/{comment_id}"): "moderate",
    ("PATCH", "/api/comments/{comment_id}"): "moderate",
    ("DELETE", "/api/comments/{comment_id}"): "moderate",
    ("POST", "/api/comments/decide"): "moderate",
    ("GET", "/api/moderation/log"): "moderate",
    ("POST", "/api/moderation/undo"): "moderate",
    ("GET", "/api/moderation/bans"): "moderate",
    ("POST", "/api/moderation/bans"): "moderate",
    ("DELETE", "/api/moderation/bans/{ban_id}"): "moderate",
    ("POST", "/api/media"): "media",
    ("GET", "/api/media"): "media",
    ("POST", "/api/media/uploads"): "media",
    ("GET", "/api/media/{media_id}"): "media",
    ("DELETE", "/api/media/{media_id}"): "media",
    ("POST", "/api/media/{media_id}/uploaded"): "media",
    ("GET", "/api/tokens"): "admin",
    ("POST", "/api/tokens"): "admin",
    ("DELETE", "/api/tokens/{token_id}"): "admin",
    ("GET", "/api/settings"): "admin",
    ("PATCH", "/api/settings"): "admin",
}


def make(blog: Blog, *scopes: str, **fields: Any) -> Got:
    return blog.api("POST", "/api/tokens", **({"name": "other", "scopes": list(scopes or SCOPES)} | fields))


def holder(secret: str) -> Blog:
    """The same blog, with another token."""
    return Blog(parley.app, secret)


def of_scope(scope: str) -> Blog:
    return holder(actions.create_token(f"only {scope}", [scope]).secret)


def target_of(path: str) -> str:
    return (
        path.replace("{post_id}", ID)
        .replace("{comment_id}", f"{ID}.{ID}")
        .replace("{token_id}", "0" * 16)
        .replace("{media_id}", ID)
        .replace("{ban_id}", "x")
        .replace("{number}", "1")
    )


# --- access ----------------------------------------------------------------------------------


def test_every_route_of_the_api_is_in_the_matrix() -> None:
    answers = {
        (method, path)
        for path, views in parley.app.routes.items()
        for method, entry in views.items()
        if path.startswith("/api/") and method != "HEAD" and not entry.view_name.startswith("refuse")
    }
    assert answers == set(MATRIX)


@pytest.mark.parametrize(("method", "path"), MATRIX)
def test_a_route_takes_its_own_scope_alone(engine_blog: Blog, method: str, path: str) -> None:
    for scope in SCOPES:
        got = of_scope(scope).api(method, target_of(path))
        if scope == MATRIX[method, path]:
            assert got.status not in (401, 403)
        else:
            assert got.status == 403
            assert got.headers["www-authenticate"] == (
                f'Bearer realm="parley", error="insufficient_scope", scope="{MATRIX[method, path]}"'
            )


@pytest.mark.parametrize(("method", "path"), [*MATRIX, ("HEAD", "/api/posts"), ("HEAD", "/api/tokens")])
@pytest.mark.parametrize(
    ("authorization", "challenge"),
    [
        (None, 'Bearer realm="parley"'),
        ("", 'Bearer realm="parley"'),
        ("Bearer", 'Bearer realm="parley"'),
        ("Basic eDp5", 'Bearer realm="parley"'),
        ("Bearer parley_wrong", 'Bearer realm="parley", error="invalid_token"'),
        ("Bearer \x7f\u00ff", 'Bearer realm="parley", error="invalid_token"'),
    ],
)
def test_a_route_of_the_api_wants_a_token(
    engine_blog: Blog, method: str, path: str, authorization: str | None, challenge: str
) -> None:
    headers = {
        "Content-Type": "application/json",
        **({} if authorization is None else {"Authorization": authorization}),
    }
    got = engine_blog.send(method, target_of(path), body=b"{}", headers=headers)
    assert got.status == 401
    assert got.headers["www-authenticate"] == challenge
    assert got.headers["cache-control"] == "no-store"


def test_the_scheme_is_written_in_any_case(engine_blog: Blog) -> None:
    for scheme in ("bearer", "BEARER", "Bearer  "):
        assert engine_blog.get("/api/posts", Authorization=f"{scheme} {engine_blog.token}").status == 200


def test_a_token_in_the_address_is_not_taken(engine_blog: Blog) -> None:
    assert engine_blog.get(f"/api/posts?access_token={engine_blog.token}").status == 401


def test_a_refusal_does_not_tell_what_there_is(engine_blog: Blog) -> None:
    post = engine_blog.post(status="draft")
    outsider = of_scope("moderate")
    details = {outsider.api("GET", f"/api/posts/{post_id}").json["detail"] for post_id in (post["id"], ID)}
    assert len(details) == 1


# --- life of a token -------------------------------------------------------------------------


def test_a_token_is_made_over_the_api(blog: Blog) -> None:
    got = make(blog, "read", "create")
    assert got.status == 201
    assert got.headers["cache-control"] == "no-store"
    assert got.json["scopes"] == ["read", "create"]
    assert holder(got.json["token"]).api("GET", "/api/posts").status == 200


def test_a_revoked_token_is_refused_at_once(blog: Blog) -> None:
    made = make(blog).json
    other = holder(made["token"])
    assert other.api("GET", "/api/posts").status == 200
    assert blog.api("DELETE", f"/api/tokens/{made['id']}").status == 204
    assert other.api("GET", "/api/posts").status == 401
    assert blog.api("DELETE", f"/api/tokens/{made['id']}").status == 204
    (listed,) = [t for t in blog.api("GET", "/api/tokens").json["items"] if t["id"] == made["id"]]
    assert listed["revoked_at"]


def test_a_token_revoked_during_its_own_request_is_refused(
    engine_blog: Blog, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(engine_blog).json
    note_use = store.note_use

    def revoked_before(token: Any, moment: Any) -> None:
        actions.revoke_token(made["id"])
        note_use(token, moment)

    monkeypatch.setattr(store, "note_use", revoked_before)
    assert holder(made["token"]).api("GET", "/api/posts").status == 401


def test_a_token_expires_at_its_second(blog: Blog, moment: Moment) -> None:
    other = holder(make(blog, expires_at=moment.ahead(minutes=1)).json["token"])
    moment.forward(seconds=59)
    assert other.api("GET", "/api/posts").status == 200
    moment.forward(seconds=1)
    assert other.api("GET", "/api/posts").status == 401


def test_use_is_noted_once_an_hour(engine_blog: Blog, faults: Faults, moment: Moment) -> None:
    noted = []
    for minutes in (0, 1, 58, 1, 30, 30):
        at = moment.forward(minutes=minutes)
        faults.clear()
        engine_blog.api("GET", "/api/posts")
        if "UpdateItem" in faults.calls:
            noted.append(at)
    assert noted == ["2026-11-23T12:00:00Z", "2026-11-23T13:00:00Z", "2026-11-23T14:00:00Z"]
    (listed,) = engine_blog.api("GET", "/api/tokens").json["items"]
    assert listed["last_used_at"] == noted[-1]


@pytest.mark.parametrize("token_id", ["0" * 16, "x", "~" * 16, "%00", "0" * 64])
def test_an_unknown_token_cannot_be_revoked(engine_blog: Blog, token_id: str) -> None:
    assert engine_blog.api("DELETE", f"/api/tokens/{token_id}").status == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": 5}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": "read"}, "scopes"),
        ({"scopes": ["all"]}, "scopes"),
        ({"scopes": [1]}, "scopes"),
        ({"expires_at": "2020-01-01"}, "expires_at"),
        ({"expires_at": "never"}, "expires_at"),
        ({"token": "parley_mine"}, "token"),
        ({"hash": "00"}, "hash"),
        ({"created_at": "2020-01-01"}, "created_at"),
    ],
)
def test_a_wrong_wish_for_a_token_is_refused(engine_blog: Blog, wrong: dict[str, Any], field: str) -> None:
    got = make(engine_blog, **wrong)
    assert got.status == 422
    assert [error["field"] for error in got.json["errors"]] == [field]
    assert len(engine_blog.api("GET", "/api/tokens").json["items"]) == 1


def test_what_is_missing_is_named(engine_blog: Blog) -> None:
    got = engine_blog.send(
        "POST",
        "/api/tokens",
        body="{}",
        headers={"Authorization": f"Bearer {engine_blog.token}", "Content-Type": "application/json"},
    )
    assert [error["field"] for error in got.json["errors"]] == ["name", "scopes"]


def test_a_token_gives_no_scope_that_it_lacks(engine_blog: Blog) -> None:
    admin = of_scope("admin")
    got = make(admin, "admin", "create")
    assert got.status == 403
    assert "“create”" in got.json["detail"]
    assert make(admin, "admin").status == 201


# --- secrets ---------------------------------------------------------------------------------


def test_a_secret_is_told_once_and_never_kept(blog: Blog) -> None:
    secret = make(blog).json["token"]
    holder(secret).api("GET", "/api/posts")
    listed = blog.api("GET", "/api/tokens")
    assert secret not in listed.text
    assert all("token" not in item for item in listed.json["items"])
    items = table.client().scan(TableName=config().table_name)["Items"]
    kept = json.dumps(items, default=str)
    for known in (secret, blog.token):
        assert known not in kept
        assert known.removeprefix("parley_") not in kept
    assert len([item for item in items if item["pk"]["S"] == "TOKENS"]) == 2


def test_secrets_are_long_and_differ(engine_blog: Blog) -> None:
    secrets = {actions.create_token(str(number)).secret for number in range(5)}
    assert len(secrets) == 5
    assert all(len(secret) >= 50 for secret in secrets)


def test_every_token_is_listed(engine_blog: Blog) -> None:
    for number in range(0, 201, 67):
        table.transact([Put(_item(token)) for token in range(number, number + 67)])
    assert len(engine_blog.api("GET", "/api/tokens").json["items"]) == 1 + 67 * 3


def _item(number: int) -> table.Item:
    return {
        "pk": "TOKENS",
        "sk": f"{number:064x}",
        "name": "n",
        "scopes": ["read"],
        "created_at": "2026-01-01T00:00:00Z",
    }


@pytest.mark.parametrize("missing", ["name", "created_at"])
def test_a_malformed_token_costs_its_line_alone(engine_blog: Blog, missing: str) -> None:
    item = _item(1)
    del item[missing]
    table.write(Put(item))
    assert engine_blog.api("GET", "/api/tokens").status == 200


@pytest.mark.parametrize(
    ("end", "status"), [(None, 422), ("2099-01-02", 422), ("2099-01-01", 201), ("2098-01-01", 201)]
)
def test_a_token_makes_none_that_outlives_it(engine_blog: Blog, end: str | None, status: int) -> None:
    mortal = actions.create_token("mortal", expires_at=datetime(2099, 1, 1, tzinfo=UTC)).secret
    wanted = {"name": "n", "scopes": ["read"], **({"expires_at": end} if end else {})}
    headers = {"Authorization": f"Bearer {mortal}"}
    assert engine_blog.api("POST", "/api/tokens", _headers=headers, **wanted).status == status


def test_a_token_that_may_not_read_learns_no_text_by_writing(engine_blog: Blog) -> None:
    post = engine_blog.post("Hidden", "Secret words ![](https://secret.example/a.png)", status="draft")
    writer = actions.create_token("writer", scopes=["update"]).secret
    headers = {"Authorization": f"Bearer {writer}"}
    got = engine_blog.api("PATCH", f"/api/posts/{post['id']}", _headers=headers, tags=["a"])
    assert (got.status, set(got.json)) == (200, {"id", "url", "slug", "status", "version", "warnings"})
    assert "Secret" not in got.text
    # It is rendered anew, and may have things to be mended in it.
    for fields in ({"title": "Other"}, {"language": "fr"}):
        got = engine_blog.api("PATCH", f"/api/posts/{post['id']}", _headers=headers, **fields)
        assert (got.status, got.json["warnings"]) == (200, [])
    assert engine_blog.api("PATCH", f"/api/posts/{post['id']}", title="Again").json["warnings"]


def test_a_token_that_may_not_read_learns_nothing_by_sending_again(engine_blog: Blog) -> None:
    creator = actions.create_token("creator", scopes=["create"]).secret
    headers = {"Authorization": f"Bearer {creator}", "Idempotency-Key": "1"}
    first = engine_blog.api("POST", "/api/posts", _headers=headers, title="Mine", body="b")
    engine_blog.api("PATCH", f"/api/posts/{first.json['id']}", body="Secret")
    again = engine_blog.api("POST", "/api/posts", _headers=headers, title="Mine", body="b")
    assert (again.status, again.json["id"]) == (201, first.json["id"])
    assert "Secret" not in again.text
