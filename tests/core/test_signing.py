from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import signing


@pytest.fixture(autouse=True)
def secrets() -> Iterator[list[bytes]]:
    """The secrets in force, newest first; a test may change the list."""
    before, in_force = signing._secrets, [b"first"]
    signing.use_secrets(lambda: in_force, lambda: b"lasting")
    yield in_force
    signing._secrets = before


def test_what_was_sealed_is_read_back() -> None:
    assert signing.unseal("a", signing.seal("a", "c#x/ÿ")) == "c#x/ÿ"


def test_a_seal_is_good_for_its_purpose_alone() -> None:
    with pytest.raises(ValueError, match="signature"):
        signing.unseal("b", signing.seal("a", "text"))


@pytest.mark.parametrize("at", range(40))
def test_a_changed_character_breaks_a_seal(at: int) -> None:
    sealed = signing.seal("a", "a sort key")
    at %= len(sealed)
    changed = sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]
    with pytest.raises(ValueError, match=r"."):
        signing.unseal("a", changed)


@pytest.mark.parametrize("spelling", ["{}=", "{}==", " {}", "{}\n", "{}.", "+{}"])
def test_a_seal_has_one_spelling(spelling: str) -> None:
    encoded, _, mac = signing.seal("a", "x").partition(".")
    for sealed in (f"{spelling.format(encoded)}.{mac}", spelling.format(f"{encoded}.{mac}")):
        with pytest.raises(ValueError, match=r"."):
            signing.unseal("a", sealed)


@given(st.text(max_size=60))
def test_any_other_text_is_refused(sealed: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        signing.unseal("a", sealed)


def test_the_secret_before_the_newest_still_verifies(secrets: list[bytes]) -> None:
    sealed = signing.seal("a", "x")
    secrets.insert(0, b"second")
    assert signing.unseal("a", sealed) == "x"
    assert signing.seal("a", "x") != sealed


def test_a_dropped_secret_does_not_verify(secrets: list[bytes]) -> None:
    sealed = signing.seal("a", "x")
    secrets[:] = [b"third", b"second"]
    with pytest.raises(ValueError, match="signature"):
        signing.unseal("a", sealed)
