"""What files propose for the form: titles that people gave, types by kind, and nothing that a machine made up."""

from __future__ import annotations

import pytest

from nodes.extraction.facts import Facts
from nodes.proposals import Source, filled, language_of, propose, title_of, type_of


@pytest.mark.parametrize(
    ("name", "said", "title"),
    [
        ("一杆秤怎样称准.pptx", "", "一杆秤怎样称准"),
        ("一杆秤_怎样称准 (2).pptx", "", "一杆秤 怎样称准"),
        ("一杆秤-最终版.docx", "", "一杆秤"),
        ("a.docx", "一杆秤怎样称准", "一杆秤怎样称准"),
        ("秤.pptx", "PowerPoint 演示文稿", "秤"),
        ("秤.docx", "Microsoft Word - 秤.doc", "秤"),
        ("IMG_20260520_101500.jpg", "", ""),
        ("DSC 0042.JPG", "", ""),
        ("微信图片_20260520.jpg", "", ""),
        ("无标题.docx", "", ""),
    ],
)
def test_the_title_is_one_that_somebody_gave(name: str, said: str, title: str) -> None:
    assert title_of(Source(name, facts=Facts(title=said))) == title


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["课.pptx", "图.png"], "slides"),
        (["片.mp4", "片.vtt"], "video"),
        (["图.png"], "image"),
        (["表.csv", "读我.txt"], "article"),
        (["表.csv"], "dataset"),
        (["x.bin"], ""),
    ],
)
def test_the_type_is_that_of_the_file_that_says_most_about_the_whole(names: list[str], kind: str) -> None:
    assert type_of([Source(name) for name in names]) == kind


def test_a_picture_that_a_camera_took_is_a_photograph_with_its_day() -> None:
    taken = Facts(camera=True, created="1953-05-20")
    assert propose([Source("IMG_1.jpg", facts=taken)]) == {"type": "photo", "created": "1953-05-20"}


def test_authors_are_people_and_not_machines() -> None:
    said = Facts(authors=("Administrator", "JKN011", "DESKTOP-8K2QF", "张三", "user"))
    assert propose([Source("1.bin", facts=said)])["creators"] == [{"name": "张三", "role": "author"}]


@pytest.mark.parametrize(
    ("text", "language"),
    [("定盘星、秤砣和提绳", "zh"), ("SI 单位制里的 metre 和 kilogram", "zh"), ("the metre " * 9, "en"), ("12", "")],
)
def test_the_language_is_told_by_script(text: str, language: str) -> None:
    assert language_of(text) == language


def test_captions_and_covers_have_no_say_and_what_was_typed_stays() -> None:
    proposed = propose([Source("封面.png", "cover"), Source("秤.pptx")])
    assert proposed == {"title": {"zh": "秤"}, "type": "slides"}
    typed = {"title": {"zh": "我的"}, "language": ["zh"]}
    found = filled(typed, {**proposed, "language": ["en"]}, untouched={"language": ["zh"]})
    assert found == {"title": {"zh": "我的"}, "type": "slides", "language": ["en"]}
