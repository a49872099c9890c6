"""Sealed texts: read again with the same key for the same purpose, and with nothing else."""

from __future__ import annotations

import pytest

from federation.sealing import CannotUnseal, seal, unseal

KEY = "for-tests-only-0123456789-0123456789"


def test_what_was_sealed_is_read_again_and_does_not_show_its_text() -> None:
    sealed = seal("量天尺", secret_key=KEY, purpose="a")
    assert unseal(sealed, secret_key=KEY, purpose="a") == "量天尺"
    assert "量天尺" not in sealed
    assert seal("量天尺", secret_key=KEY, purpose="a") != sealed


@pytest.mark.parametrize(("key", "purpose"), [(KEY + "x", "a"), (KEY, "b")])
def test_another_key_or_purpose_opens_nothing(key: str, purpose: str) -> None:
    sealed = seal("secret", secret_key=KEY, purpose="a")
    with pytest.raises(CannotUnseal):
        unseal(sealed, secret_key=key, purpose=purpose)


@pytest.mark.parametrize("alter", [lambda sealed: sealed[:-4] + "AAA=", lambda _: "", lambda _: "量", lambda _: "x"])
def test_what_was_altered_is_refused(alter) -> None:
    with pytest.raises(CannotUnseal):
        unseal(alter(seal("secret", secret_key=KEY, purpose="a")), secret_key=KEY, purpose="a")
