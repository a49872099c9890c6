"""Files on a medium that somebody else has had in hands: nothing is written or read through what was laid there."""

import os
from pathlib import Path

import pytest

from shared import errors
from shared.bags import read_whole
from shared.carrying import write_whole


def test_what_is_written_goes_through_no_link_that_lies_where_its_draft_would(tmp_path: Path) -> None:
    secret = tmp_path / "secret.pem"
    secret.write_bytes(b"secret")
    (tmp_path / "receipt.jws.part").symlink_to(secret)
    (tmp_path / "receipt.jws").symlink_to(secret)
    write_whole(tmp_path / "receipt.jws", b"receipt")
    assert secret.read_bytes() == b"secret"
    assert (tmp_path / "receipt.jws").read_bytes() == b"receipt"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["receipt.jws", "secret.pem"]


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "receipt.jws").mkdir()
    with pytest.raises(errors.FileUnwritable):
        write_whole(tmp_path / "receipt.jws", b"receipt")
    assert [path.name for path in tmp_path.iterdir()] == ["receipt.jws"]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "request.jws")
    with pytest.raises(errors.FileUnreadable) as caught:
        read_whole(tmp_path / "request.jws", limit=10)
    assert "不是普通文件" in caught.value.message("zh")


def test_a_link_is_not_followed_and_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/hostname")
    for name, cause in (("link", "符号链接"), ("", "文件夹"), ("nothing", "不存在")):
        with pytest.raises(errors.FileUnreadable) as caught:
            read_whole(tmp_path / name, limit=10)
        assert cause in caught.value.message("zh")
