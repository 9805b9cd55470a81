"""Well-known places on the web, and what the address of a thing there says of it. A new one is a line."""

from __future__ import annotations

import re
from typing import NamedTuple

KINDS = ("video", "music", "podcast", "post", "code", "picture")


class Found(NamedTuple):
    provider: str
    kind: str
    name: str
    """What the address calls it; empty where it holds a number alone."""


_SPOTIFY = r"open\.spotify\.com/(?:intl-[a-z]+/)?"
PROVIDERS = [
    (provider, kind, re.compile(rf"https?://(?:www\.)?{pattern}/?(?:[?#]\S*)?"))
    for provider, kind, pattern in (
        ("YouTube", "video", r"(?:m\.)?youtube\.com/(?:watch(?=\?(?:\S*&)?v=[\w-])|(?:shorts|live)/[\w-]+)"),
        ("YouTube", "video", r"youtu\.be/[\w-]{5,20}"),
        ("Vimeo", "video", r"vimeo\.com/\d+"),
        ("Dailymotion", "video", r"dailymotion\.com/video/\w+"),
        ("Twitch", "video", r"twitch\.tv/videos/\d+"),
        ("TikTok", "video", r"tiktok\.com/(?P<name>@[\w.]+)/video/\d+"),
        ("Spotify", "music", rf"{_SPOTIFY}(?:track|album|playlist|artist)/\w+"),
        ("Spotify", "podcast", rf"{_SPOTIFY}(?:episode|show)/\w+"),
        ("SoundCloud", "music", r"soundcloud\.com/(?P<name>[\w-]+/(?:sets/)?[\w-]+)"),
        ("Bandcamp", "music", r"(?P<name>[\w-]+\.bandcamp\.com/(?:album|track)/[\w-]+)"),
        ("Apple Podcasts", "podcast", r"podcasts\.apple\.com/[a-z]{2}/podcast/(?P<name>[\w-]+)/id\d+"),
        ("Bluesky", "post", r"bsky\.app/profile/(?P<name>[\w.-]+)/post/\w+"),
        ("X", "post", r"(?:x|twitter)\.com/(?P<name>\w+)/status/\d+"),
        ("Instagram", "picture", r"instagram\.com/(?:p|reel)/[\w-]+"),
        ("Flickr", "picture", r"flickr\.com/photos/(?P<name>[\w@-]+)/\d+"),
        ("CodePen", "code", r"codepen\.io/(?P<name>[\w-]+)/(?:pen|full|details)/\w+"),
        ("GitHub Gist", "code", r"gist\.github\.com/(?P<name>[\w-]+)/[0-9a-f]{8,}"),
        ("GitHub", "code", r"github\.com/(?P<name>[\w-]+/[\w.-]+)"),
        ("GitLab", "code", r"gitlab\.com/(?P<name>[\w-]+/[\w.-]+)"),
        # Last: it may stand at any host.
        ("Mastodon", "post", r"(?P<host>[a-z0-9-]+(?:\.[a-z0-9-]+)+)/(?P<name>@\w+)/\d{10,20}"),
    )
]
LONGEST = 300


def found_at(address: str) -> Found | None:
    """What stands at an address; None where it is none of those above."""
    if len(address) > LONGEST:
        return None
    for provider, kind, pattern in PROVIDERS:
        if match := pattern.fullmatch(address):
            groups = match.groupdict()
            name = groups.get("name") or ""
            return Found(provider, kind, f"{name}@{groups['host']}" if groups.get("host") else name)
    return None
