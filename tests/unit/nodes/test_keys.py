"""The node's private key: for its owner only, under a passphrase if one is wanted, never half written."""

from __future__ import annotations

import pytest

from nodes import key_files, keys
from shared.errors import FileUnreadable, KeyExposed, KeyLocked, KeyUnknown, NotInitialised


def test_a_key_is_made_once_and_for_its_owner_only(tmp_path):
    made = keys.make_key(tmp_path)
    assert keys.make_key(tmp_path).id == made.id
    assert (tmp_path / key_files.FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [key_files.FILE]


def test_a_key_that_others_can_read_is_not_used(tmp_path):
    keys.make_key(tmp_path)
    (tmp_path / key_files.FILE).chmod(0o640)
    with pytest.raises(KeyExposed, match="chmod 600"):
        keys.load_key(tmp_path)


@pytest.mark.parametrize("given", ["", "wrong"])
def test_a_protected_key_opens_with_its_passphrase_only(tmp_path, given):
    made = keys.make_key(tmp_path)
    keys.protect(tmp_path, made, passphrase="口令 correct")
    assert key_files.is_locked(tmp_path)
    with pytest.raises(KeyLocked):
        keys.load_key(tmp_path, passphrase=given)
    assert keys.load_key(tmp_path, passphrase="口令 correct").id == made.id
    keys.protect(tmp_path, made, passphrase="")
    assert keys.load_key(tmp_path, passphrase="not needed").id == made.id


@pytest.mark.parametrize(
    "content", [b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", b"\xff\x00"]
)
def test_what_is_no_key_is_named(tmp_path, content):
    path = tmp_path / key_files.FILE
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(FileUnreadable):
        keys.load_key(tmp_path)


def test_no_key_means_that_the_node_is_not_set_up(tmp_path):
    with pytest.raises(NotInitialised):
        keys.load_key(tmp_path)


def test_what_a_former_key_signed_can_still_be_checked(tmp_path):
    old = keys.make_key(tmp_path)
    new = keys.make_key(tmp_path, name=key_files.NEXT)
    keys.take_over(tmp_path, old, new)
    assert keys.load_key(tmp_path).id == new.id
    assert keys.own_public_key(tmp_path, new, old.id) == old.private.public_key()
    assert not (tmp_path / key_files.NEXT).exists()
    with pytest.raises(KeyUnknown):
        keys.own_public_key(tmp_path, new, "somebody else's")
