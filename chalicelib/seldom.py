"""Rooms that most requests do not need, and which are therefore loaded by the first request that does: a cold
start reads a third fewer modules. A test compares this with what the modules declare.
"""

from __future__ import annotations

from collections.abc import Mapping

ROUTES: Mapping[str, Mapping[str, str]] = {
    "chalicelib.comments.routes": {
        "/posts/{slug}/comments": "POST",
        "/posts/{slug}/reply": "GET HEAD",
    },
    "chalicelib.comments.own_routes": {
        "/replies/{key}": "GET HEAD POST PATCH DELETE",
        "/replies/{key}/delete": "POST",
        "/replies/{key}/mail": "POST",
        "/posts/{slug}/comments/{comment_id}/own": "GET HEAD",
    },
    "chalicelib.likes.routes": {
        "/posts/{slug}/likes": "POST DELETE GET HEAD",
        "/api/posts/{post_id}/likes": "GET HEAD POST DELETE",
    },
    "chalicelib.moderation.desk": {
        "/moderate/session": "POST",
        "/moderate": "GET HEAD POST",
        "/moderate/comments/{comment_id}": "GET HEAD",
        "/moderate/log": "GET HEAD",
        "/moderate/bans": "GET HEAD",
    },
    "chalicelib.moderation.link_routes": {
        "/moderate/act/{key}": "GET HEAD POST",
    },
    "chalicelib.moderation.routes": {
        "/api/comments": "GET HEAD",
        "/api/comments/{comment_id}": "GET HEAD PATCH DELETE",
        "/api/comments/decide": "POST",
        "/api/moderation/log": "GET HEAD",
        "/api/moderation/undo": "POST",
        "/api/moderation/bans": "GET HEAD POST",
        "/api/moderation/bans/{ban_id}": "DELETE",
    },
    "chalicelib.notices.routes": {
        "/mail/{key}": "GET HEAD POST",
        "/mail/{key}/stop": "GET HEAD POST",
        "/yours": "GET HEAD POST",
        "/yours/{key}": "GET HEAD",
        "/yours/{key}/export": "GET HEAD",
        "/yours/{key}/erase": "GET HEAD POST",
    },
    "chalicelib.publishing.routes": {
        "/api/posts": "POST GET HEAD",
        "/api/posts/{post_id}": "GET HEAD PATCH DELETE",
        "/api/posts/{post_id}/recount": "POST",
    },
    "chalicelib.media.routes": {
        "/api/media": "POST GET HEAD",
        "/api/media/uploads": "POST",
        "/api/media/{media_id}": "GET HEAD DELETE",
        "/api/media/{media_id}/uploaded": "POST",
        "/media/{name}": "GET HEAD",
    },
    "chalicelib.publishing.revision_pages": {
        "/moderate/posts/{post_id}/revisions": "GET HEAD",
        "/moderate/posts/{post_id}/revisions/{number}": "GET HEAD POST",
    },
    "chalicelib.publishing.preview_routes": {
        "/api/posts/{post_id}/preview": "POST DELETE",
        "/api/render": "POST",
    },
    "chalicelib.site.preview_routes": {
        "/preview/{key}": "GET HEAD",
    },
    "chalicelib.publishing.revision_routes": {
        "/api/posts/{post_id}/revisions": "GET HEAD",
        "/api/posts/{post_id}/revisions/{number}": "GET HEAD",
        "/api/posts/{post_id}/revisions/{number}/diff": "GET HEAD",
        "/api/posts/{post_id}/revisions/{number}/restore": "POST",
    },
    "chalicelib.accounts.routes": {
        "/api/tokens": "GET HEAD POST",
        "/api/tokens/{token_id}": "DELETE",
    },
    "chalicelib.settings.routes": {
        "/api/settings": "GET HEAD PATCH",
    },
}
"""{module: {path: the methods that it takes}}."""

JOBS: Mapping[str, tuple[str, ...]] = {
    "chalicelib.comments.actions": ("forget",),
    "chalicelib.posts.rendering": ("render", "renew", "tidy"),
    "chalicelib.publishing.announcing": ("announce",),
    "chalicelib.posts.revisions": ("prune",),
    "chalicelib.notices.actions": ("tell_author", "tell_readers", "ask", "erase"),
    "chalicelib.media.processing": ("media",),
}
"""{module: the kinds of job that it does}."""

BINARY = (
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "video/mp4",
    "audio/mpeg",
    "application/pdf",
)
"""Types of files that may be sent: the gateway hands their bytes on as they are."""

HEAVY = frozenset({"media"})
"""Kinds of job that need the worker with room for pictures."""
