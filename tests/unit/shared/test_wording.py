"""Causes in words: what JSON, TOML and the system say is said in Chinese too, with its place."""

import errno
import json
import tomllib

import pytest

from shared.canonical import MAX_DEPTH, MAX_KEYS, canonical, parse
from shared.errors import CommonsError, FieldError, FileUnreadable, ImportUnreadable, InvalidJson
from shared.wording import Words, in_time, system_fault, toml_fault


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a":}', "第 1 行第 6 列，这里缺少一个值"),
        ('{\n"a" 1}', "第 2 行第 5 列，这里缺少冒号"),
        ("{a: 1}", "第 1 行第 2 列，这里应是用双引号括起的名称"),
        ('["a" "b"]', "第 1 行第 6 列，这里缺少逗号"),
        ('{"a": "b', "第 1 行第 7 列，从这里开始的文字没有用双引号结束"),
        ("[] x", "第 1 行第 4 列，从这里开始是多余的内容"),
        ('"\t"', "文字里有换行或其他控制字符"),
        (r'"\x"', "反斜杠的用法不对"),
        (r'"\u12"', "四位十六进制"),
        ("[NaN]", "JSON 中不能写 NaN"),
        ('{"a": 1, "a": 2}', "重复的键"),
        ('"\\ud800"', "不成对的代理字符"),
        ("9" * 5000, "数字的位数过多"),
    ],
)
def test_a_fault_of_json_is_said_in_both_languages_with_its_place(text, said):
    with pytest.raises(InvalidJson) as raised:
        parse(text.encode())
    assert said in raised.value.message("zh")
    assert not any("一" <= sign <= "鿿" for sign in raised.value.message("en"))


@pytest.mark.parametrize(
    ("text", "chinese", "english"),
    [
        (json.dumps(dict.fromkeys(range(MAX_KEYS + 1), "x")), f"超过 {MAX_KEYS} 个键", f"than {MAX_KEYS} keys"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), f"嵌套超过 {MAX_DEPTH} 层", f"more than {MAX_DEPTH} levels"),
        ("[" * 200_000 + "]" * 200_000, f"嵌套超过 {MAX_DEPTH} 层", f"more than {MAX_DEPTH} levels"),
        ("9" * 5000, "数字的位数过多", "too many digits"),
        (r'["\udc00"]', "不成对的代理字符", "lone surrogate"),
        ('{"a": "1", "a": "2"}', "重复的键", "a key stands twice"),
    ],
    ids=["keys", "depth", "far too deep", "digits", "surrogates", "duplicates"],
)
def test_whatever_limit_a_document_passes_the_reason_is_that_limit_and_no_other(text, chinese, english):
    with pytest.raises(CommonsError) as raised:
        parse(text.encode())
    assert chinese in raised.value.message("zh")
    assert english in raised.value.message("en")


@pytest.mark.parametrize(
    ("value", "chinese", "english"),
    [
        (2**53, "整数超出", "a whole number is beyond"),
        ({"a": float("inf")}, "无穷大", "infinite"),
        ("\ud800", "不成对的代理字符", "lone surrogate"),
        ({"\ud800": 1.5}, "不成对的代理字符", "lone surrogate"),
        (["\ud800", 1.5], "不成对的代理字符", "lone surrogate"),
    ],
)
def test_why_a_value_has_no_canonical_form_is_said_in_both_languages(value, chinese, english):
    with pytest.raises(InvalidJson) as raised:
        canonical(value)
    assert chinese in raised.value.message("zh")
    assert english in raised.value.message("en")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("type = \n", "第 1 行第 8 列，等号后面的值写法不对"),
        ("a\n", "第 1 行第 2 列，名称后面缺少等号"),
        ("a = 1\na = 2\n", "同一名称写了两次"),
        ("a = [", "文件末尾"),
        ("a = " + "9" * 5000, "数字的位数过多"),
    ],
)
def test_a_fault_of_toml_is_said_with_its_place(text, said):
    with pytest.raises(ValueError) as raised:  # noqa: PT011  # tomllib's, or Python's own for a long number
        tomllib.loads(text)
    assert said in toml_fault(raised.value).zh


@pytest.mark.parametrize("number", [errno.ENOENT, errno.EACCES, errno.ELOOP, errno.ENOSPC, errno.ENAMETOOLONG])
def test_what_the_system_says_is_said_in_chinese(number):
    said = FileUnreadable(name="x", cause=system_fault(OSError(number, "as the system says it")))
    assert "system says" not in said.message("zh") + said.message("en")


def test_any_other_number_of_the_system_keeps_its_words():
    assert system_fault(OSError(errno.ENOTEMPTY, "Directory not empty")).zh == "系统报告 Directory not empty"


def test_words_are_a_plain_text_for_programs_and_the_readers_language_in_a_sentence():
    cause = Words("gone", "没了")
    assert json.dumps({"cause": cause}) == '{"cause": "gone"}'
    fault = FieldError("/files/0", "file_unreadable", {"name": "x", "cause": cause})
    assert "没了" in fault.message("zh")
    assert "gone" in fault.message("en")


def test_a_sentence_as_a_cause_ends_only_once():
    inner = InvalidJson(cause=Words("a", "甲"))
    outer = ImportUnreadable(name="x", cause=inner.as_cause())
    assert outer.message("zh").count("。") == 1
    assert outer.message("en").endswith("a.")
    assert not outer.message("en").endswith("..")


@pytest.mark.parametrize(
    ("kind", "chinese"), [("object", "对象"), ("list", "列表"), ("text", "文本"), ("whole number", "整数")]
)
def test_the_kind_that_is_expected_is_named_in_the_readers_language(kind, chinese):
    fault = FieldError("/title", "wrong_type", {"expected": kind})
    assert fault.message("zh") == f"类型不对，应为{chinese}。"
    assert fault.as_dict("zh")["params"] == {"expected": kind}


@pytest.mark.parametrize("expected", [["object"], {"a": 1}, "image/png", None])
def test_a_kind_that_nobody_knows_is_said_as_it_is(expected):
    assert str(expected) in FieldError("/x", "wrong_type", {"expected": expected}).message("zh")


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [
        (1, "1 second", "1 秒"),
        (119, "119 seconds", "119 秒"),
        (121, "3 minutes", "3 分钟"),
        (3600, "60 minutes", "60 分钟"),
        (7201, "3 hours", "3 小时"),
    ],
)
def test_a_time_to_wait_is_said_in_the_unit_that_people_use_for_it(seconds: int, en: str, zh: str) -> None:
    assert (in_time(seconds), in_time(seconds).zh) == (en, zh)
