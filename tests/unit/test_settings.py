"""The hub's settings: the files in config/ say what the code does, and a bad value stops the start by name."""

import dataclasses
import os
import re
import stat
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import click
import pytest

from federation import cli as hub_cli
from federation.folder import MARKER
from federation.settings import NEEDED_ABROAD, NOT_SETTINGS, PREFIX, HubSettings, load_settings, read_settings
from nodes import cli as node_cli
from nodes.settings import NEW_PASSPHRASE, NodeSettings
from nodes.settings import load_settings as load_node_settings
from shared import settings as reading
from shared.errors import InvalidSettings

CONFIG = Path(__file__).parents[2] / "config"
LISTS = [(CONFIG / "default.toml", HubSettings), (CONFIG / "node.example.toml", NodeSettings)]
FIELDS = {field.name: field for field in dataclasses.fields(HubSettings)}
SECRETS = {name for name, field in FIELDS.items() if field.metadata["secret"]}


def faults(tmp_path, **values):
    environ = {PREFIX + name.upper(): value for name, value in values.items()}
    with pytest.raises(InvalidSettings) as caught:
        load_settings(environ={"COMMONS_VAR": str(tmp_path), **environ})
    return caught.value.data["faults"]


def sentences(path):
    """Each setting of a file with the comment line just above it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    found = {}
    for above, line in pairwise(lines):
        if match := re.match(r"([a-z_]+) = ", line):
            found[match[1]] = above.removeprefix("# ")
    return found


@pytest.mark.parametrize(("path", "cls"), LISTS, ids=lambda value: getattr(value, "name", ""))
def test_the_list_names_every_setting_and_no_other(path, cls):
    named = list(tomllib.loads(path.read_text(encoding="utf-8")))
    assert named == [field.name for field in dataclasses.fields(cls)]


@pytest.mark.parametrize(("path", "cls"), LISTS, ids=lambda value: getattr(value, "name", ""))
def test_the_list_has_the_defaults_of_the_code(path, cls):
    assert reading.read(cls, prefix="UNUSED_", file=path, environ={}) == cls()


@pytest.mark.parametrize(("path", "cls"), LISTS, ids=lambda value: getattr(value, "name", ""))
def test_the_list_has_the_sentences_of_the_code(path, cls):
    assert sentences(path) == {field.name: field.metadata["help"] for field in dataclasses.fields(cls)}


def test_the_distributed_example_lacks_nothing_but_the_secrets(tmp_path):
    with pytest.raises(InvalidSettings) as caught:
        load_settings(CONFIG / "hub.example.toml", environ={})
    named = {line.split(":")[0].removeprefix("- ") for line in caught.value.data["faults"].splitlines()}
    assert named == SECRETS & set(NEEDED_ABROAD)


def test_the_distributed_example_starts_with_the_secret_files_that_it_lists(tmp_path):
    text = (CONFIG / "hub.example.toml").read_text(encoding="utf-8")
    listed = re.findall(r"#\s+(COMMONS_[A-Z_]+)_FILE", text)
    assert {name.removeprefix(PREFIX).lower() for name in listed} == SECRETS
    environ = {}
    for name in listed:
        path = tmp_path / name
        address = name.endswith("_URL")
        said = "postgresql+psycopg://me:word@host/data" if address else "0123456789abcdef0123456789abcdef"
        path.write_text(said + "\n", encoding="utf-8")
        environ[name + "_FILE"] = str(path)
    settings = load_settings(CONFIG / "hub.example.toml", environ=environ)
    assert settings.secret_key == "0123456789abcdef0123456789abcdef"
    assert settings.origin == settings.public_origin


def test_the_example_sets_only_what_exists_and_no_secret():
    given = tomllib.loads((CONFIG / "hub.example.toml").read_text(encoding="utf-8"))
    assert given.keys() <= FIELDS.keys()
    assert not given.keys() & SECRETS


def test_every_setting_has_a_sentence_of_its_own():
    said = [field.metadata["help"] for field in FIELDS.values()]
    assert all(len(sentence) >= 5 for sentence in said)
    assert len(set(said)) == len(said)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mode", "both"),
        ("secret_key", "short"),
        ("public_origin", "cloud.example.org"),
        ("public_origin", "ftp://cloud.example.org"),
        ("store_endpoint", "https://store.example.org/?a=b"),
        ("store_public_endpoint", "https://"),
        ("public_origin", "https://[::1"),
        ("public_origin", "https://cloud.example.org:port"),
        ("public_origin", "https://me:word@cloud.example.org"),
        ("store_endpoint", "http://127.0.0.1:99999"),
        ("store_public_endpoint", "https://files example.org"),
        ("store_part_size", "1000000"),
        ("store_part_size", "many"),
        ("ark_naan", "1234"),
        ("ark_naan", "b1234"),
        ("port", "0"),
        ("port", "65536"),
        ("log_format", "xml"),
        ("log_level", "LOUD"),
        ("smtp_security", "ssl"),
        ("mail_from", "nobody"),
        ("web_threads", "0"),
        ("web_processes", "1000"),
        ("trusted_proxies", "-1"),
        ("sweep_seconds", "0"),
        ("database_url", "mysql://me:word@host/data"),
        ("database_url", "postgresql://me:word@host/data"),
        ("database_url", "postgresql+psycopg://me:word@host:port/data"),
        ("queue_url", "redis://host"),
        ("store_access_key", "ab"),
        ("store_secret_key", "with, comma"),
        ("host", " "),
        ("vocabularies", "no/such/folder"),
        ("review_policy", "no/such/file.toml"),
        ("store_ca_bundle", "long/" * 1000),
    ],
)
def test_a_bad_value_is_named(tmp_path, name, value):
    assert f"- {name}:" in faults(tmp_path, **{name: value})


def test_a_text_of_the_environment_in_another_encoding_is_named(tmp_path):
    assert "- COMMONS_HUB_NAME_ZH: it is not UTF-8" in faults(tmp_path, hub_name_zh=os.fsdecode("云".encode("gbk")))


def test_all_faults_are_named_at_once(tmp_path):
    said = faults(tmp_path, mode="distributed", ark_naan="x", log_level="LOUD", port="0")
    assert {line.split(":")[0] for line in said.splitlines()} == {
        f"- {name}" for name in (*NEEDED_ABROAD, "ark_naan", "log_level", "port")
    }


def test_every_number_has_a_range_that_holds_its_default():
    for field in FIELDS.values():
        if isinstance(field.default, int) and not isinstance(field.default, bool):
            assert field.metadata["low"] <= field.default <= field.metadata["high"], field.name


def test_faults_of_every_kind_are_named_at_once_and_no_password_is_shown(tmp_path):
    said = faults(tmp_path, port="abc", log_level="foo", database_url="mysql://me:hunter2@host/data", foo="1")
    assert {line.partition(":")[0] for line in said.splitlines()} == {
        "- port",
        "- log_level",
        "- database_url",
        "- COMMONS_FOO",
    }
    assert "hunter2" not in said


@pytest.mark.parametrize("name", [*NOT_SETTINGS, "COMMONS_NODE_DATA", "COMMONS_TEST_ENGINE"])
def test_a_variable_that_is_no_setting_is_left_alone(tmp_path, name):
    value = str(CONFIG / "default.toml") if name == "COMMONS_CONFIG" else "1"
    assert load_settings(environ={"COMMONS_VAR": str(tmp_path), name: value}).port == 8000


def variables(command):
    """The variables that stand for an option of the command, or of one within it."""
    for option in command.params:
        named = option.envvar or []
        yield from [named] if isinstance(named, str) else named
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from variables(command.get_command(context, name))


@pytest.mark.parametrize(
    ("program", "load", "expected"),
    [(hub_cli.main, read_settings, set()), (node_cli.main, load_node_settings, {NEW_PASSPHRASE})],
    ids=["hub", "node"],
)
def test_a_variable_that_stands_for_an_option_of_a_command_is_taken_for_no_misspelt_setting(program, load, expected):
    declared = set(variables(program))
    assert declared == expected
    assert load(environ=dict.fromkeys(declared, "1")) == load(environ={})


@pytest.mark.parametrize(
    ("place", "cause"),
    [
        ("/proc/commons", "文件不存在"),
        ("file", "已有同名的别的东西"),
        ("file/inside", "路径中有一段不是文件夹"),
        (os.fsdecode("云".encode("gbk")), "不是 UTF-8 编码"),
    ],
)
def test_a_data_folder_that_cannot_be_is_a_fault_by_name_with_its_cause_in_words(tmp_path, place, cause):
    (tmp_path / "file").touch()
    said = faults(tmp_path, var=str(tmp_path / place))
    assert "- var: " in said
    assert cause in said


@pytest.mark.parametrize(
    ("text", "cause"), [("", " 里缺少 secret_key"), ("=", " 第 1 行第 1 列"), ("\xff", " 不是 UTF-8")]
)
def test_secrets_that_cannot_be_read_are_said_to_be_so(tmp_path, text, cause):
    (tmp_path / "secrets.toml").write_text(text, encoding="latin-1")
    assert f"不能使用：secrets.toml{cause}" in faults(tmp_path)


def test_an_empty_data_folder_setting_does_not_mean_the_folder_that_one_stands_in(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "- var: " in faults(tmp_path, var="")
    assert not list(tmp_path.iterdir())


def test_a_folder_is_marked_as_ours_only_when_it_was_missing_or_empty(tmp_path):
    for name in ("missing", "empty", "full"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        (tmp_path / "full").mkdir(exist_ok=True)
        (tmp_path / "full" / "letter.txt").touch()
        load_settings(environ={"COMMONS_VAR": str(tmp_path / name)})
    assert {path.parent.name for path in tmp_path.rglob(MARKER)} == {"missing", "empty"}


def test_the_settings_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        HubSettings().port = 1


def test_a_single_machine_makes_its_own_secrets_once_and_for_its_owner_only(tmp_path):
    first = load_settings(environ={"COMMONS_VAR": str(tmp_path / "var")})
    second = load_settings(environ={"COMMONS_VAR": str(tmp_path / "var")})
    assert first == second
    assert len({first.secret_key, first.store_access_key, first.store_secret_key}) == 3
    assert len(first.secret_key) >= 32
    assert stat.S_IMODE((tmp_path / "var" / "secrets.toml").stat().st_mode) == 0o600


def test_processes_that_start_together_agree_on_the_secrets(tmp_path):
    code = "from federation.settings import load_settings; print(load_settings().secret_key)"
    started = [
        subprocess.Popen([sys.executable, "-c", code], env={"COMMONS_VAR": str(tmp_path)}, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    said = {process.communicate()[0] for process in started}
    assert [process.returncode for process in started] == [0] * 4
    assert len(said) == 1
    assert {path.name for path in tmp_path.iterdir()} == {MARKER, "secrets.toml"}


def test_the_configuration_file_can_be_named_in_the_environment(tmp_path):
    file = tmp_path / "hub.toml"
    file.write_text(f'var = "{tmp_path}"\nport = 8100\n', encoding="utf-8")
    settings = load_settings(environ={"COMMONS_CONFIG": str(file)})
    assert settings.port == 8100
    assert settings.own_store_endpoint == "http://127.0.0.1:8101"
    assert settings.origin == "http://127.0.0.1:8100"


def test_the_public_origin_has_no_slash_at_the_end(tmp_path):
    settings = load_settings(
        environ={"COMMONS_VAR": str(tmp_path), "COMMONS_PUBLIC_ORIGIN": "https://cloud.example.org/"}
    )
    assert settings.origin == "https://cloud.example.org"


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_process_that_listens_everywhere_is_asked_on_this_machine(host):
    assert dataclasses.replace(HubSettings(), host=host).origin_inside == "http://127.0.0.1:8000"
