"""The local server around a site of four lines: what `dev.serve` does must not depend on what it serves."""

import os
import sys
import types
from datetime import timedelta
from functools import cache
from typing import Any

from chalice import Chalice

import dev
from chalicelib.core import events, jobs, mail
from chalicelib.core import table as core_table
from dev import serve


def stub(name: str, **content: object) -> types.ModuleType:
    """Put a module of that name where `import` finds it first."""
    module = sys.modules[name] = types.ModuleType(name)
    module.__dict__.update(content)
    return module


@cache
def table() -> Any:
    import boto3

    return boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def make_app() -> Any:
    from chalice import Chalice, NotFoundError

    app = Chalice("stub")

    @app.route("/items/{name}", methods=["PUT"], content_types=["*/*"])
    def put(name: str) -> dict[str, str]:
        table().put_item(Item={"pk": name, "sk": "-", "body": name})
        return {"kept": name}

    @app.route("/api/posts", content_types=["*/*"])
    def posts() -> dict[str, object]:
        return {"items": [{"slug": "über-uns"}]}

    @app.route("/items/{name}", methods=["GET"], content_types=["*/*"])
    def get(name: str) -> dict[str, str]:
        if "Item" not in (found := table().get_item(Key={"pk": name, "sk": "-"})):
            raise NotFoundError(name)
        return {"body": found["Item"]["body"]}

    return app


def fill_if_empty() -> int:
    table().put_item(Item={"pk": "demo", "sk": "-", "body": "filled"})
    due = {"wpk": "JOBS", "wsk": "2026-01-01T00:00:00Z#note#x", "turn": "1", "tries": 0}
    table().put_item(Item={"pk": "JOB#note#ticked", "sk": "-", **due})
    jobs.use({"note": note, "mail": send})
    job = jobs.new("mail", "worked")
    core_table.write(job.put(timedelta(days=1), queued=True))
    jobs.send([job])
    return 1


def note(about: str) -> None:
    table().put_item(Item={"pk": about, "sk": "-", "body": "done"})


def send(about: str) -> None:
    mail.send_once(mail.Mail(about, "ann@example.org", "Hello", "Hello.", "<p>Hello.</p>"))
    note(about)


def adopt_token(secret: str) -> None:
    table().put_item(Item={"pk": "token", "sk": "-", "body": secret})


# Only now: the stub must not import the AWS libraries before the server has set their environment.
class LazyApp(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name == "app":
            return make_app()
        if name == "worker":
            return events.serve_worker(Chalice("stub"))
        raise AttributeError(name)


sys.modules["app"] = LazyApp("app")
dev.local_token = stub("dev.local_token", adopt_token=adopt_token)
stub("chalicelib.accounts")
stub("chalicelib.accounts.model", new_secret=lambda: "made-up-secret")
dev.demo = stub("dev.demo", fill_if_empty=fill_if_empty, hang_pictures=lambda: None)

if __name__ == "__main__":
    sys.exit(serve.main())
