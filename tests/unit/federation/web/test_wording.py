"""Facts in the words of the reader's language."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_babel import Babel

from federation.web import wording


@pytest.fixture(autouse=True)
def chinese() -> object:
    app = Flask(__name__)
    Babel(app, default_locale="zh_Hans_CN")
    with app.test_request_context("/") as context:
        yield context


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (1875, 1889, "1875 年–1889 年"),
        (1875, 1875, "1875 年"),
        (-220, 8, "公元前 221 年–8 年"),
        (1875, None, "1875 年以来"),
        (None, 1875, "1875 年以前"),
        (None, None, ""),
    ],
)
def test_a_span_with_one_end_says_on_which_side_it_is_open(first: int | None, last: int | None, said: str) -> None:
    assert wording.year_span(first, last) == said


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("zh", "中文"),
        ("fr", "法语"),
        ("lzh", "文言文"),
        ("zxx", "无语言内容"),
        ("grc", "古希腊语"),
        ("und", "未知语言"),
        ("zh-Hant", "中文 (繁体)"),
        ("xyz", "xyz"),
        ("und-Latn", "未知语言 (拉丁文)"),
        ("lzh-Hant", "文言文 (繁体)"),
        ("en-GB", "英语 (英国)"),
        ("sr-Latn-RS", "塞尔维亚语 (拉丁文, 塞尔维亚)"),
        ("und-Xxxx", "und-Xxxx"),
    ],
)
def test_a_language_has_its_name_also_when_no_machine_is_set_to_it(tag: str, said: str) -> None:
    assert wording.language_name(tag) == said


@pytest.mark.parametrize(("text", "said"), [("1600~", "约 1600 年"), ("-0343~", "约公元前 344 年")])
def test_a_space_stands_before_digits_and_not_between_characters(text: str, said: str) -> None:
    assert wording.reading_date(text) == said


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("卡尺", "“卡尺”"),
        ('"米制公约"', "“米制公约”"),
        ("「米制公约」", "“米制公约”"),
        ('"米制公约" 铂', '“"米制公约" 铂”'),
        ('"米', '“"米”'),
        ('""', '“""”'),
    ],
)
def test_a_phrase_that_was_asked_for_in_quotes_has_them_once(asked: str, said: str) -> None:
    assert wording.in_quotes(asked) == said
