"""The environment, as one frozen value. Everything that an author may change lives in the table."""

from __future__ import annotations

import os
from functools import cache

from chalicelib.core.values import value


@value
class Config:
    table_name: str
    public_url: str
    """Scheme and host (and base path, if any) that readers use, without a closing slash; may be
    empty, and then links within a page stay relative and absolute ones use the request's host."""
    queue_url: str
    """Of the queue that wakes the worker; empty where there is none, and then the tick does every job."""
    image_queue_url: str
    """Of the queue that wakes the worker with room for pictures; where it is empty, heavy jobs are done like
    all others."""
    bucket_name: str
    """Of the private bucket for long texts and files."""
    media_url: str
    """The origin that serves files, without a closing slash: another one than the blog's, so that nothing in
    a file can act for the blog."""
    upload_url: str
    """Where forms with files are sent; empty where that is the bucket itself. The local server sets it."""
    mail_from: str
    """The address that mails come from; empty where mail is off."""
    mail_folder: str
    """Where mails are written instead of being sent; the local server sets it."""

    @property
    def sends_mail(self) -> bool:
        """Mail needs a sender, and an address for its links: jobs see no request."""
        return bool(self.mail_from and self.public_url)


@cache
def config() -> Config:
    """Read once, on first use, so that a handler that needs nothing of it pays nothing."""
    return Config(
        table_name=os.environ.get("TABLE_NAME", "parley"),
        public_url=os.environ.get("PUBLIC_URL", "").rstrip("/"),
        queue_url=os.environ.get("QUEUE_URL", ""),
        image_queue_url=os.environ.get("IMAGE_QUEUE_URL", ""),
        bucket_name=os.environ.get("BUCKET_NAME", "parley"),
        media_url=os.environ.get("MEDIA_URL", "").rstrip("/"),
        upload_url=os.environ.get("UPLOAD_URL", ""),
        mail_from=os.environ.get("MAIL_FROM", ""),
        mail_folder=os.environ.get("MAIL_FOLDER", ""),
    )
