"""Values that leave the blog and must come back unchanged: cursors, private links.

One secret, kept in the table with the settings, signs everything; each purpose gets a key of its
own (HMAC of the purpose), so that a value made for one place is refused in every other. After a
rotation the previous secrets still verify; the newest one signs.

People and networks that must be known again for longer than that (`lasting`) are hashed under a key of
their own, which is never rotated and signs nothing.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from hashlib import sha256

Secrets = Callable[[], Sequence[bytes]]
Secret = Callable[[], bytes]
_secrets: Secrets | None = None
_lasting: Secret | None = None


def use_secrets(secrets: Secrets, lasting: Secret) -> None:
    """Called once by `app.py`: where the secrets come from, newest first, and the key that lasts."""
    global _secrets, _lasting
    _secrets, _lasting = secrets, lasting


def digest(purpose: str, text: str) -> str:
    """A keyed hash for look-ups: 128 bits as 22 characters."""
    return _mac(_current()[0], purpose, text)


def lasting(purpose: str, text: str) -> str:
    """The same for what is looked up years later: an e-mail address, a banned network."""
    if _lasting is None:
        raise RuntimeError("signing.use_secrets() was not called")
    return _mac(_lasting(), purpose, text)


def seal(purpose: str, text: str) -> str:
    """`text`, readable but signed, in characters that need no escaping in a URL."""
    return f"{_encode(text.encode())}.{digest(purpose, text)}"


def unseal(purpose: str, sealed: str) -> str:
    """What was sealed for this very purpose. Raises ValueError for anything else."""
    encoded, _, mac = sealed.partition(".")
    text = _decode(encoded).decode()
    good = [hmac.compare_digest(mac.encode(), _mac(key, purpose, text).encode()) for key in _current()]
    # The comparison of `encoded` leaves one spelling a value: base64 has several.
    if not any(good) or encoded != _encode(text.encode()):
        raise ValueError("the signature does not fit")
    return text


def same(one: str, other: str) -> bool:
    """Whether two texts are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode(errors="replace"), other.encode(errors="replace"))


def _current() -> Sequence[bytes]:
    if _secrets is None:
        raise RuntimeError("signing.use_secrets() was not called")
    return _secrets()


def _mac(secret: bytes, purpose: str, text: str) -> str:
    key = hmac.digest(secret, purpose.encode(), sha256)
    return _encode(hmac.digest(key, text.encode(errors="surrogatepass"), sha256)[:16])


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
