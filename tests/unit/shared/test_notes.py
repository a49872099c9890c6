"""Signed notes and checkpoints: the text of C2SP, and nothing that only looks like it."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.notes import COSIGNATURE, ED25519, Checkpoint, Signature, Verifier

LOG, WITNESS, OTHER = (Ed25519PrivateKey.generate() for _ in range(3))
ORIGIN, NAME = "cloud.example.org/audit", "cloud.example.org/audit/witness/1"
CHECKPOINT = Checkpoint(ORIGIN, 42, bytes(range(32))).signed(LOG)
LOG_KEY, WITNESS_KEY = Verifier(ORIGIN, ED25519, LOG.public_key()), Verifier(NAME, COSIGNATURE, WITNESS.public_key())
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
)


def test_a_checkpoint_is_the_text_that_the_specification_shows() -> None:
    lines = str(CHECKPOINT).split("\n")
    assert lines[:4] == [ORIGIN, "42", base64.b64encode(bytes(range(32))).decode(), ""]
    assert lines[4].startswith(f"— {ORIGIN} ")
    assert lines[5:] == [""]
    assert Checkpoint.parse(str(CHECKPOINT)) == CHECKPOINT
    assert CHECKPOINT.is_signed_by(LOG_KEY)


def test_go_s_own_example_of_a_verifier_key_and_a_signature_holds() -> None:
    """From the documentation of golang.org/x/mod/sumdb/note: another implementation's key and signature."""
    signer, line = Verifier.parse(GO_KEY), Signature.parse(GO_LINE)
    assert str(signer) == GO_KEY
    assert (line.name, line.key_id) == (signer.name, signer.key_id)
    signer.key.verify(line.value, GO_NOTE.encode())


def test_a_witness_adds_its_word_and_the_time() -> None:
    signature = CHECKPOINT.cosigned(WITNESS, name=NAME, time=1_700_000_000)
    both = CHECKPOINT.having([signature])
    read = Checkpoint.parse(str(both))
    assert read.is_signed_by(LOG_KEY)
    assert read.is_signed_by(WITNESS_KEY)
    assert read.signatures[1].time == 1_700_000_000


def test_a_cosignature_does_not_pass_for_the_log_s_signature_nor_the_other_way_round() -> None:
    assert not CHECKPOINT.is_signed_by(Verifier(ORIGIN, COSIGNATURE, LOG.public_key()))
    assert not CHECKPOINT.having([CHECKPOINT.cosigned(LOG, name=ORIGIN, time=1)]).is_signed_by(
        Verifier(ORIGIN, ED25519, OTHER.public_key())
    )


def test_a_changed_checkpoint_is_signed_by_nobody() -> None:
    for changed in (
        Checkpoint(ORIGIN, 43, CHECKPOINT.root, CHECKPOINT.signatures),
        Checkpoint(ORIGIN, 42, bytes(32), CHECKPOINT.signatures),
        Checkpoint("other.example.org", 42, CHECKPOINT.root, CHECKPOINT.signatures),
    ):
        assert not changed.is_signed_by(LOG_KEY)
    assert not CHECKPOINT.is_signed_by(Verifier(ORIGIN, ED25519, OTHER.public_key()))


def test_a_false_line_beside_a_good_one_spoils_the_note() -> None:
    good = CHECKPOINT.signatures[0]
    assert not CHECKPOINT.having([Signature(good.name, good.key_id, bytes(64))]).is_signed_by(LOG_KEY)
    stranger = Signature("stranger", b"abcd", bytes(64))
    assert CHECKPOINT.having([stranger]).is_signed_by(LOG_KEY)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("42", "042"),
        ("42", "-42"),
        ("42", "4 2"),
        ("42", "9007199254740993"),
        (ORIGIN + "\n", "\n"),
        ("\n\n", "\n"),
        ("\n\n", "\nextension\n\n"),
        ("— ", "- "),
        ("AAECAwQ", "AAECAw"),
        ("\n\n— ", "\n\n\n— "),
        ("Hh8=", "Hh9="),
    ],
)
def test_what_only_looks_like_a_checkpoint_is_refused(old: str, new: str) -> None:
    text = str(CHECKPOINT)
    assert old in text
    with pytest.raises(ValueError, match=r"not"):
        Checkpoint.parse(text.replace(old, new, 1))


@pytest.mark.parametrize("text", ["", "\n\n", str(CHECKPOINT)[:-1], str(CHECKPOINT) + "\n", "x" * 70_000])
def test_a_note_that_is_cut_or_too_long_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not|long"):
        Checkpoint.parse(text)


def test_a_verifier_key_whose_id_is_not_its_key_s_is_refused() -> None:
    text = str(LOG_KEY)
    assert Verifier.parse(text).key_id == LOG_KEY.key_id
    for wrong in ("", "name", text.replace("+", "+0", 1), text[:-4], "+" + text.split("+", 1)[1]):
        with pytest.raises(ValueError, match=r"not"):
            Verifier.parse(wrong)
    assert isinstance(Verifier.parse(text).key, Ed25519PublicKey)
