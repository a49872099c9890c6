"""The slide deck "a short history of measures", ten slides with what the speaker says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from config.demo.toolkit.deck import Slide

LENGTHS = (("时期", "一尺约"), ("战国、秦", "23.1 cm"), ("隋", "29.6 cm"), ("唐大尺", "30 cm"), ("清营造尺", "32 cm"))
CONSTANTS = (
    ("年份", "变了什么"),
    ("1889", "国际千克原器"),
    ("1967", "秒：铯原子"),
    ("1983", "米：光速"),
    ("2019", "千克：普朗克常数"),
)


def slides(pictures: Mapping[str, Path]) -> list[Slide]:
    """The slides in order; `pictures` has PNG files named fangsheng and jialiang."""
    return [*_ancient(pictures), *_modern()]


def _ancient(pictures: Mapping[str, Path]) -> list[Slide]:
    return [
        Slide(
            "度量衡小史",
            ["从手到常数", "示范计量大学　计量科普课程组"],
            kicker="一堂课讲完三千年",
            notes="开场请同学用手拃量课桌，各报一个数。数不一样，正好引出今天的问题：怎样让大家说的是同一个“一”？",
        ),
        Slide(
            "手，是第一把尺子",
            ["布指知寸，布手知尺，舒肘知寻。", "好处：随身带着。", "难处：人人不同。"],
            kicker="一　身体",
            notes="引文见《孔子家语》。让同学比一比张开的手，看最大和最小差多少。",
        ),
        Slide(
            "把一升刻成尺寸",
            ["公元前 344 年，商鞅方升。", "铭文：十六又五分之一立方寸为一升。", "今天量得约 202 毫升。"],
            kicker="二　铜器",
            picture=pictures["fangsheng"],
            notes="12.5 × 7.0 × 2.3 ≈ 201。请同学口算核对。由 202 ÷ 16.2 开立方，可得一寸约 2.32 厘米。",
        ),
        Slide(
            "一道诏书，四十个字",
            ["法度量则不壹，歉疑者，皆明壹之。", "公元前 221 年，秦统一度量衡，诏书刻在权和量上。"],
            kicker="三　统一",
            big="1 斤 ≈ 250 克",
            notes="请同学想：为什么要刻在每一件器物上，而不是只写在竹简上？",
        ),
        Slide(
            "一件铜器，五个量",
            ["公元 9 年，新莽嘉量。", "龠、合、升、斗、斛，一器俱全。", "一升仍是 16.2 立方寸。"],
            kicker="四　嘉量",
            picture=pictures["jialiang"],
            notes="两龠为一合，其余十进。由铭文尺寸倒推，圆周率约 3.1547。",
        ),
        Slide(
            "尺子越来越长",
            ["收布、收粮的人总想多收一点，是常被提到的一个原因。"],
            kicker="五　变化",
            table=LENGTHS,
            notes="数值为通行约值，同一时代有多种尺并行，见数据资源“历代一尺约合多少厘米”。原因是学者的解释之一，不必讲成定论。",
        ),
    ]


def _modern() -> list[Slide]:
    return [
        Slide(
            "水也能量时间",
            ["漏刻：水滴进壶，箭浮起来。", "水位稳，箭才走得匀，所以要好几只壶。"],
            kicker="六　漏刻",
            big="1 昼夜 = 100 刻",
            notes="可打开“值漏官的一天”互动演示，让同学上来守漏。一刻为 14.4 分钟。",
        ),
        Slide(
            "十七个国家，同一把尺子",
            ["1875 年 5 月 20 日，《米制公约》在巴黎签署。", "5 月 20 日成为世界计量日。", "中国 1977 年加入。"],
            kicker="七　公约",
            notes="米最初取自从北极到赤道的子午线的一千万分之一。",
        ),
        Slide(
            "从一件东西，到一个常数",
            ["东西会变，常数不变。", "2019 年 5 月 20 日起，七个常数定义全部单位。"],
            kicker="八　常数",
            table=CONSTANTS,
            notes="光速 299 792 458 m/s，普朗克常数 6.626 070 15 × 10⁻³⁴ J·s，都是固定数值，没有误差。",
        ),
        Slide(
            "好标准是什么样的？",
            ["大家都同意。", "丢了能重新得到。", "谁来量都一样。", "请写下你的第四条。"],
            kicker="讨论",
            notes="收上来的“第四条”可以贴在教室墙上，5 月 20 日再看。",
        ),
    ]
