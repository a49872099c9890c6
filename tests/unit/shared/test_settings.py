"""Reading settings: a file, the environment above it, secrets from files, and every fault at once."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.errors import InvalidSettings
from shared.settings import read, setting


@dataclass(frozen=True)
class Example:
    name: str = setting("无名", "名称")
    count: int = setting(3, "个数")
    share: float = setting(0.5, "比例")
    loud: bool = setting(False, "是否出声")
    folder: Path = setting(Path("data"), "目录")
    parts: int = setting(2, "份数", low=1, high=9)
    word: str = setting("", "口令", secret=True)

    def faults(self):
        return ["count: 至少 1"] if self.count < 1 else []


def example(file=None, **environ):
    return read(Example, prefix="EX_", file=file, environ=environ)


def faults(file=None, **environ):
    with pytest.raises(InvalidSettings) as caught:
        example(file, **environ)
    return caught.value.data["faults"]


@pytest.fixture
def write(tmp_path):
    def to(text, name="example.toml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return to


def test_without_anything_the_defaults_hold():
    assert example() == Example()


def test_the_file_stands_above_the_default_and_the_environment_above_the_file(write):
    file = write('name = "文件"\ncount = 5\n')
    assert example(file).name == "文件"
    assert example(file, EX_NAME="环境") == Example(name="环境", count=5)


def test_words_of_the_environment_become_their_types():
    found = example(EX_COUNT="7", EX_SHARE="0.25", EX_LOUD="true", EX_FOLDER="/srv/data")
    assert found == Example(count=7, share=0.25, loud=True, folder=Path("/srv/data"))


def test_the_home_folder_is_understood():
    assert example(EX_FOLDER="~/data").folder == Path.home() / "data"


def test_a_secret_comes_from_a_file_without_its_line_end(write):
    assert example(EX_WORD_FILE=str(write("芝麻开门\n", "word"))).word == "芝麻开门"


def test_a_value_given_directly_stands_above_the_secret_file(write):
    assert example(EX_WORD="直接", EX_WORD_FILE=str(write("文件", "word"))).word == "直接"


def test_other_variables_do_not_matter():
    assert example(NAME="别人") == Example()


def test_an_unknown_variable_with_the_prefix_is_a_fault_that_names_what_may_be_meant():
    assert faults(EX_COUNTS="1") == "- EX_COUNTS: 没有这个设置，是不是 EX_COUNT？"
    assert "- EX_ZZZZZZ: 没有这个设置" in faults(EX_ZZZZZZ="1")


def test_variables_that_are_said_to_be_no_settings_are_none():
    environ = {"EX_OTHER": "1", "EX_MORE_OF_IT": "2"}
    found = read(Example, prefix="EX_", file=None, environ=environ, others=("EX_OTHER",), others_begin=("EX_MORE_",))
    assert found == Example()


def test_a_number_out_of_its_range_is_a_fault_and_the_sentence_says_the_range():
    assert faults(EX_PARTS="0") == "- parts: 应在 1 到 9 之间，现为 0"
    assert Example.__dataclass_fields__["parts"].metadata["help"] == "份数（1 到 9）"


def test_faults_of_form_do_not_hide_faults_of_sense():
    said = faults(EX_SHARE="viel", EX_COUNT="0", EX_PARTS="10", EX_UNHEARD="1")
    assert {line.partition(":")[0] for line in said.splitlines()} == {"- share", "- count", "- parts", "- EX_UNHEARD"}


def test_faults_are_said_in_the_language_that_is_asked_for():
    assert faults(EX_COUNT="viele") == "- count: 应为整数"
    assert faults(EX_COUNT="viele", COMMONS_LANGUAGE="en") == "- count: a whole number is expected"


def test_an_unknown_name_in_the_file_is_a_fault(write):
    assert "- colour:" in faults(write('colour = "red"\n'))


@pytest.mark.parametrize("value", ["viele", "1.5", ""])
def test_a_value_of_the_wrong_type_is_a_fault(value):
    assert "- count:" in faults(EX_COUNT=value)


@pytest.mark.parametrize("value", ["", "~nobody-has-this-name/x"])
def test_a_path_that_leads_nowhere_is_a_fault(value):
    assert "- folder:" in faults(EX_FOLDER=value)


def test_a_file_that_is_not_there_is_a_fault(tmp_path):
    assert str(tmp_path / "none.toml") in faults(tmp_path / "none.toml")


@pytest.mark.parametrize("text", ["name = ", b'name = "\xff"\n', "name = 1\nname = 2\n"])
def test_a_file_that_is_not_toml_is_a_fault(write, text):
    assert "example.toml" in faults(write(text))


def test_a_secret_file_that_cannot_be_read_is_a_fault_that_names_the_variable(tmp_path, write):
    assert "- EX_WORD_FILE:" in faults(EX_WORD_FILE=str(tmp_path / "none"))
    assert "- EX_WORD_FILE:" in faults(EX_WORD_FILE=str(write(b"\xff\xfe", "word")))


def test_all_faults_are_named_at_once(tmp_path):
    said = faults(tmp_path / "none.toml", EX_COUNT="x", EX_SHARE="y", EX_WORD_FILE=str(tmp_path / "none"))
    assert len(said.splitlines()) == 4


def test_what_does_not_go_together_is_a_fault():
    assert faults(EX_COUNT="0") == "- count: 至少 1"


def test_no_fault_shows_a_secret(write):
    assert "hunter2" not in faults(EX_COUNT="x", EX_WORD="hunter2")
