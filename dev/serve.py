"""`make run`: the blog on this machine, with an engine, a table, an author and something to read.

Honours PORT, DATA_DIR, AUTHOR_TOKEN and DYNAMODB_ENDPOINT. Ctrl-C and SIGTERM stop everything that was
started; the exit status is then 0. What keeps it from starting is said in one sentence, with exit status 1.
"""

import contextlib
import errno
import io
import json
import os
import re
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import quote, urlsplit

from dev import engine, local_queue, ticking
from dev.folder import CannotStart, lock_folder
from dev.gateway import Gateway, Request
from dev.listener import HOST, Listener

TABLE = "parley"
MAIL_FROM = "blog@localhost"
FINISH_SECONDS = 3
STOPPING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@dataclass(frozen=True)
class Settings:
    """What the environment asks for."""

    port: int
    folder: Path
    author_token: str
    endpoint: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the environment; raise CannotStart on a value that makes no sense."""
        return cls(
            _port(environment.get("PORT") or "8000"),
            Path(environment.get("DATA_DIR") or engine.ROOT / ".data").expanduser().resolve(),
            _token(environment.get("AUTHOR_TOKEN", "")),
            _endpoint(environment.get("DYNAMODB_ENDPOINT", "")),
        )


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65535:
        raise CannotStart(f"PORT is {text!r}: give a number from 1 to 65535, or 0 for any free port.")
    return int(text)


def _token(text: str) -> str:
    if text and not re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", text):
        raise CannotStart(
            "AUTHOR_TOKEN may hold letters, digits and . _ ~ + / - only, as a Bearer token does."
        )
    return text


def _endpoint(text: str) -> str:
    url = urlsplit(text)
    if text and (url.scheme not in ("http", "https") or not url.hostname):
        raise CannotStart(f"DYNAMODB_ENDPOINT is {text!r}: give an address such as http://127.0.0.1:8001.")
    return text.rstrip("/")


class Stopped(BaseException):
    """Ctrl-C, or a request to end."""


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


def main() -> int:
    """Serve until told to stop. Returns the exit status."""
    for number in STOPPING:
        # `nohup` has it ignored already, and means it.
        if number in (signal.SIGINT, signal.SIGTERM) or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)
    try:
        serve(Settings.of(os.environ))
    except Stopped:
        return 0
    except CannotStart as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def serve(settings: Settings) -> None:
    """Start everything, serve, and take everything down again."""
    with lock_folder(settings.folder), listen(settings.port) as listener:
        if settings.endpoint:
            reach(settings.endpoint)
        running = None if settings.endpoint else engine.embedded(settings.folder)
        waiting = local_queue.LocalQueue()
        try:
            prepare(settings, listener, running, waiting)
            with ticking.ticks(), local_queue.working(waiting):
                listener.serve_forever(poll_interval=0.1)
            raise CannotStart(f"The engine has stopped by itself: see {settings.folder / 'engine.log'}.")
        finally:
            for number in STOPPING:
                signal.signal(number, signal.SIG_IGN)
            listener.finish(FINISH_SECONDS)
            if running:
                running.stop()


def listen(port: int) -> Listener:
    """Take the port at once, so that a second program is refused before anything else is started."""
    try:
        return Listener(port)
    except OSError as error:
        reason = (
            "is in use by another program" if error.errno == errno.EADDRINUSE else f"cannot be used ({error})"
        )
        raise CannotStart(f"Port {port} {reason}: stop that program, or choose another with PORT.") from None


def prepare(
    settings: Settings,
    listener: Listener,
    running: engine.Engine | None,
    waiting: local_queue.LocalQueue,
) -> None:
    """Have everything ready for the first request; the engine comes up while the application is imported."""
    address = f"http://{HOST}:{listener.port}"
    endpoint = running.launch().endpoint if running else settings.endpoint
    point_environment(os.environ, address, endpoint)
    keep_here(os.environ, settings.folder / "mail")
    listener.gateway = load_application(waiting)
    if running:
        point_environment(os.environ, address, running.wait().endpoint)
        threading.Thread(target=_watch, args=(running, listener), daemon=True).start()
    token = fill_table(settings)
    slug = newest_slug(listener.gateway, token)
    print(banner(address, describe(settings, running), token, settings.folder / "mail", slug), flush=True)


def load_application(waiting: local_queue.LocalQueue) -> Gateway:
    """The very entry point that Lambda calls, behind the gateway, with a queue of its own."""
    sys.path.append(str(engine.ROOT))
    from app import app
    from chalicelib.core import queue

    queue.use(waiting)
    return Gateway(app)


def point_environment(environment: Any, address: str, endpoint: str) -> None:
    """Point the AWS libraries at the engine and keep them away from the user's own accounts."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_SECURITY_TOKEN"):
        environment.pop(name, None)
    environment |= {
        "TABLE_NAME": TABLE,
        "PUBLIC_URL": address,
        "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # Of the two spellings the lower-case one wins where a proxy is set.
        "no_proxy": ",".join(
            filter(None, [HOST, environment.get("no_proxy") or environment.get("NO_PROXY")])
        ),
    }


def keep_here(environment: Any, mail: Path) -> None:
    """Nothing leaves this machine: jobs wait in its own queue, and mails are files in a folder."""
    environment |= {"QUEUE_URL": "local", "MAIL_FROM": MAIL_FROM, "MAIL_FOLDER": str(mail)}


def reach(endpoint: str) -> None:
    """Fail early where nothing answers at DYNAMODB_ENDPOINT."""
    url = urlsplit(endpoint)
    try:
        port = url.port or (443 if url.scheme == "https" else 80)
        socket.create_connection((url.hostname or "", port), timeout=3).close()
    except (OSError, ValueError) as error:
        raise CannotStart(
            f"Nothing answers at DYNAMODB_ENDPOINT {endpoint} ({error}): start that engine."
        ) from None


def fill_table(settings: Settings) -> str:
    """Make the table, the author's token and, in an empty blog, something to read. Returns the token."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    from dev import demo, local_token

    try:
        engine.create_table(boto3.client("dynamodb"), TABLE)
    except (BotoCoreError, ClientError) as error:
        raise CannotStart(f"The engine refused to make the table {TABLE}: {error}") from None
    token = settings.author_token or kept_token(settings.folder / "token")
    local_token.adopt_token(token)
    demo.hang_pictures()
    if os.environ.get("DEMO", "1") != "0":
        demo.fill_if_empty()
    return token


def kept_token(path: Path) -> str:
    """The token of this data folder, made once and readable by its owner alone."""
    from chalicelib.accounts.model import new_secret

    try:
        if token := path.read_text().strip() if path.exists() else "":
            return token
        token = new_secret()
        path.touch(mode=0o600)
        path.write_text(f"{token}\n")
    except OSError as error:
        raise CannotStart(f"The token in {path} cannot be read or written ({error.strerror}).") from None
    return token


def describe(settings: Settings, running: engine.Engine | None) -> str:
    """Which engine holds the data, and where and how long they last."""
    if running is None:
        loopback = urlsplit(settings.endpoint).hostname in ("localhost", HOST, "::1")
        return f"the one at {settings.endpoint}" + ("" if loopback else ", which is NOT on this machine")
    if running.lasting:
        return f"{running.name}, data in {settings.folder}"
    return (
        f"{running.name}, IN MEMORY: your data will NOT last, since roto-aws has no wheel for this platform"
    )


def newest_slug(gateway: Gateway, token: str) -> str:
    """A post that can be replied to: the newest one, else the one that the banner has its reader publish."""
    request = Request("GET", "/api/posts", "status=published&limit=1", [("Authorization", f"Bearer {token}")])
    # Its line in the log would stand before the banner.
    with contextlib.redirect_stdout(io.StringIO()):
        reply = gateway.answer(request)
    found = json.loads(reply.body)["items"] if reply.status == 200 else []
    return str(found[0]["slug"]) if found else "hello"


def banner(address: str, engine_line: str, token: str, mail: Path, slug: str) -> str:
    """What a newcomer needs to know, and three things to try."""
    return f"""
  Parley    {address}
  Engine    {engine_line}
  Token     {token}
  Mail      {mail}

  Publish a post:
    curl {address}/api/posts -H 'Authorization: Bearer {token}' \\
      -H 'Content-Type: application/json' \\
      -d '{{"title": "Hello", "body": "My *first* post.", "status": "published"}}'
  Leave a comment:
    curl {address}/posts/{quote(slug)}/comments \\
      -H 'Content-Type: application/json' -d '{{"name": "Ada", "body": "I read it *twice*."}}'
  List the comments that wait for you:
    curl '{address}/api/comments?status=pending' -H 'Authorization: Bearer {token}'

  Ctrl-C stops it.
"""


def _watch(running: engine.Engine, listener: Listener) -> None:
    """Without its engine the server is of no use."""
    running.wait_for_end()
    listener.shutdown()


if __name__ == "__main__":
    sys.exit(main())
