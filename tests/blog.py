"""A client for tests: HTTP requests become gateway events for the handler that Lambda calls."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from chalicelib.core import table
from chalicelib.core.config import config
from dev.gateway import Gateway, Reply, Request


@dataclass(frozen=True)
class Got:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def cookie(self) -> str:
        """What a browser sends back of what it was given to keep."""
        return self.headers.get("set-cookie", "").partition(";")[0]

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Blog:
    """`blog.get("/")`; `blog.api("POST", "/api/posts", title="Hello", body="…")` as the author."""

    def __init__(self, app: Any, token: str) -> None:
        self.gateway = Gateway(app)
        self.token = token

    def send(
        self,
        method: str,
        target: str,
        *,
        body: str | bytes = b"",
        headers: dict[str, str] | None = None,
        source_ip: str = "203.0.113.9",
    ) -> Got:
        path, _, query = target.partition("?")
        sent = body.encode() if isinstance(body, str) else body
        pairs = list((headers or {}).items())
        return _got(self.gateway.answer(Request(method, path, query, pairs, sent, source_ip)))

    def get(self, target: str, **headers: str) -> Got:
        return self.send("GET", target, headers=_names(headers))

    def api(
        self, method: str, target: str, /, *, _headers: dict[str, str] | None = None, **fields: Any
    ) -> Got:
        """As the author; fields as JSON."""
        headers = {"Authorization": f"Bearer {self.token}", **(_headers or {})}
        if fields or method in ("POST", "PATCH"):
            headers["Content-Type"] = headers.get("Content-Type", "application/json")
        return self.send(method, target, body=json.dumps(fields) if fields else b"", headers=headers)

    def post(self, title: str = "A post", body: str = "Some words.", **fields: Any) -> dict[str, Any]:
        """Publish, and give the post as the API answers."""
        got = self.api("POST", "/api/posts", title=title, body=body, **fields)
        assert got.status == 201, got.text
        return dict(got.json)

    def form(self, target: str, *, source_ip: str = "203.0.113.9", cookie: str = "", **fields: str) -> Got:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
        if cookie:
            headers["Cookie"] = cookie
        return self.send("POST", target, body=urlencode(fields), headers=headers, source_ip=source_ip)

    def everything(self) -> list[dict[str, Any]]:
        """All items of the table, as the service gives them."""
        answer = table.client().scan(TableName=config().table_name)
        return list(answer["Items"])

    def reply(self, slug: str, body: str = "I agree.", *, approve: bool = True, **fields: Any) -> str:
        """Leave a reply as a reader; its full id."""
        sent = json.dumps({"name": "Ann", "body": body, **fields})
        got = self.send(
            "POST", f"/posts/{slug}/comments", body=sent, headers={"Content-Type": "application/json"}
        )
        assert got.status == 201, got.text
        full_id = str(got.json["id"])
        if approve:
            assert self.api("PATCH", f"/api/comments/{full_id}", status="approved").status == 200
        return full_id


def _got(reply: Reply) -> Got:
    return Got(reply.status, {name.lower(): value for name, value in reply.headers}, reply.body.decode())


def _names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
