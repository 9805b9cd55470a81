"""`make run`: the blog on this machine, with an engine, a table, a bucket, an author and something to read.

Honours PORT, MEDIA_PORT, DATA_DIR, AUTHOR_TOKEN, DYNAMODB_ENDPOINT and S3_ENDPOINT. Ctrl-C and SIGTERM stop
everything that was started; the exit status is then 0. What keeps it from starting is said in one sentence,
with exit status 1.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TypeVar

from dev import banner, engine, local_queue, ticking
from dev.folder import CannotStart, lock_folder
from dev.gateway import Gateway
from dev.listener import HOST, Listener
from dev.origin import Origin
from dev.policy import Signer
from dev.settings import BUCKET, KEY, LAST_PORT, TABLE, Places, Settings, keep_here, point_environment, reach

FINISH_SECONDS = 3
STOPPING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
L = TypeVar("L", bound=Listener)


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
    with (
        lock_folder(settings.folder),
        listen(settings.port) as listener,
        listen_for_media(settings, listener.port) as origin,
    ):
        for name, endpoint in (
            ("DYNAMODB_ENDPOINT", settings.endpoint),
            ("S3_ENDPOINT", settings.s3_endpoint),
        ):
            if endpoint:
                reach(name, endpoint)
        running = engine.embedded(settings.folder) if settings.needs_engine else None
        queues = local_queue.LocalQueues()
        try:
            places = prepare(settings, listener, origin, running, queues)
            with working(origin, places, queues):
                listener.serve_forever(poll_interval=0.1)
            raise CannotStart(f"The engine has stopped by itself: see {settings.folder / 'engine.log'}.")
        finally:
            for number in STOPPING:
                signal.signal(number, signal.SIG_IGN)
            listener.finish(FINISH_SECONDS)
            if running:
                running.stop()


@contextlib.contextmanager
def working(origin: Origin, places: Places, queues: local_queue.LocalQueues) -> Iterator[None]:
    """What goes on beside the blog's own requests."""
    signer = Signer(KEY, KEY, BUCKET)
    with (
        ticking.ticks(),
        queues.working(),
        origin.serving(signer, places.blog, FINISH_SECONDS),
    ):
        yield


def listen(port: int) -> Listener:
    """Take the port at once, so that a second program is refused before anything else is started."""
    return _take("PORT", port, Listener)


def listen_for_media(settings: Settings, port: int) -> Origin:
    """Take the port that was chosen for files, or else the next one, or else any."""
    if settings.media_port is not None:
        return _take("MEDIA_PORT", settings.media_port, Origin)
    following = port + 1 if settings.port and port < LAST_PORT else 0
    with contextlib.suppress(OSError):
        return Origin(following)
    return _take("MEDIA_PORT", 0, Origin)


def _take(name: str, port: int, make: Callable[[int], L]) -> L:
    try:
        return make(port)
    except OSError as error:
        reason = (
            "is in use by another program" if error.errno == errno.EADDRINUSE else f"cannot be used ({error})"
        )
        raise CannotStart(
            f"Port {port} {reason}: stop that program, or choose another with {name}."
        ) from None


def prepare(
    settings: Settings,
    listener: Listener,
    origin: Origin,
    running: engine.Engine | None,
    queues: local_queue.LocalQueues,
) -> Places:
    """Have everything ready for the first request; the engine comes up while the application is imported."""
    blog = f"http://{HOST}:{listener.port}"

    def places() -> Places:
        own = running.endpoint if running else ""
        return Places(blog, origin.address, settings.endpoint or own, settings.s3_endpoint or own)

    if running:
        running.launch()
    point_environment(os.environ, places())
    mail = settings.folder / "mail"
    keep_here(os.environ, mail)
    listener.gateway = load_application(queues)
    if running:
        running.wait()
        point_environment(os.environ, places())
        threading.Thread(target=_watch, args=(running, listener), daemon=True).start()
    token = fill(settings)
    slug = banner.newest_slug(listener.gateway, token)
    print(banner.banner(places(), banner.describe(settings, running), token, mail, slug), flush=True)
    return places()


def load_application(queues: local_queue.LocalQueues) -> Gateway:
    """The very entry point that Lambda calls, behind the gateway, with queues of its own."""
    sys.path.append(str(engine.ROOT))
    from app import app
    from chalicelib.core import queue

    queue.use(queues)
    return Gateway(app)


def fill(settings: Settings) -> str:
    """Make table, bucket, token and, in an empty blog, something to read. Returns the token."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    from chalicelib.core import objects
    from dev import demo, local_token

    try:
        engine.create_table(boto3.client("dynamodb"), TABLE)
    except (BotoCoreError, ClientError) as error:
        raise CannotStart(f"The engine refused to make the table {TABLE}: {error}") from None
    try:
        engine.create_bucket(objects.client(), BUCKET)
    except (BotoCoreError, ClientError) as error:
        raise CannotStart(f"The engine refused to make the bucket {BUCKET}: {error}") from None
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


def _watch(running: engine.Engine, listener: Listener) -> None:
    """Without its engine the server is of no use."""
    running.wait_for_end()
    listener.shutdown()


if __name__ == "__main__":
    sys.exit(main())
