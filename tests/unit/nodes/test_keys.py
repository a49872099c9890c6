"""The node's private key: for its owner only, under a passphrase if one is wanted, never half written."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nodes import key_files, keys
from shared.errors import FileUnreadable, KeyExposed, KeyLocked, KeyUnknown, NotInitialised


def test_a_key_is_made_once_and_for_its_owner_only(tmp_path):
    made = keys.make_key(tmp_path)
    assert keys.make_key(tmp_path).id == made.id
    assert (tmp_path / key_files.FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [key_files.FILE]


@pytest.mark.parametrize("disk", ["any", "without second names"])
def test_two_who_set_the_node_up_at_once_have_one_key(tmp_path, monkeypatch, disk):
    generate = Ed25519PrivateKey.generate
    made = []

    def after_another():
        monkeypatch.setattr(Ed25519PrivateKey, "generate", generate)
        made.append(keys.make_key(tmp_path).id)
        return generate()

    def refuse(*_names):
        raise PermissionError

    monkeypatch.setattr(Ed25519PrivateKey, "generate", after_another)
    if disk != "any":
        monkeypatch.setattr("pathlib.Path.hardlink_to", refuse)
    made.append(keys.make_key(tmp_path).id)
    assert made[0] == made[1]
    assert [path.name for path in tmp_path.iterdir()] == [key_files.FILE]


def test_a_key_that_others_can_read_is_not_used(tmp_path):
    keys.make_key(tmp_path)
    (tmp_path / key_files.FILE).chmod(0o640)
    with pytest.raises(KeyExposed, match="chmod 600"):
        keys.load_key(tmp_path)


@pytest.mark.parametrize("given", ["", "wrong"])
def test_a_protected_key_opens_with_its_passphrase_only(tmp_path, given):
    made = keys.make_key(tmp_path)
    keys.protect(tmp_path, passphrase="口令 correct")
    assert key_files.is_locked(tmp_path)
    with pytest.raises(KeyLocked):
        keys.load_key(tmp_path, passphrase=given)
    assert keys.load_key(tmp_path, passphrase="口令 correct").id == made.id
    keys.protect(tmp_path, passphrase="", present="口令 correct")
    assert keys.load_key(tmp_path, passphrase="not needed").id == made.id


def test_keys_that_wait_to_come_into_use_are_protected_with_the_one_that_is(tmp_path):
    """A request to come back that was written before, or a change of key that was broken off."""
    names = [key_files.FILE, key_files.NEXT, key_files.asking("t" * 20)]
    made = [keys.make_key(tmp_path, name=name).id for name in names]
    for present, wanted in (("", "first"), ("first", "second"), ("second", "")):
        keys.protect(tmp_path, passphrase=wanted, present=present)
        assert [keys.load_key(tmp_path, passphrase=wanted, name=name).id for name in names] == made
        locked = [(tmp_path / name).read_bytes().startswith(key_files.LOCKED) for name in names]
        assert locked == [bool(wanted)] * 3


def test_a_change_of_passphrase_that_was_killed_is_done_again(tmp_path, monkeypatch):
    names = [key_files.FILE, key_files.NEXT, key_files.asking("t" * 20)]
    made = [keys.make_key(tmp_path, passphrase="first", name=name).id for name in names]
    for left in (0, 1, 1):
        write, written = keys.write_private, []

        def write_some(path, content, left=left, write=write, written=written, **options):
            if len(written) == left:
                raise KeyboardInterrupt
            written.append(path)
            write(path, content, **options)

        monkeypatch.setattr(keys, "write_private", write_some)
        with pytest.raises(KeyboardInterrupt):
            keys.protect(tmp_path, passphrase="second", present="first")
        monkeypatch.undo()
        assert keys.load_key(tmp_path, passphrase="first").id == made[0]
    keys.protect(tmp_path, passphrase="second", present="first")
    assert [keys.load_key(tmp_path, passphrase="second", name=name).id for name in names] == made


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
