"""What the museum of the gallery has: its resources, and files on their way."""

from __future__ import annotations

from typing import Any

TRANSFERS: dict[str, tuple[str, str, int, dict[str, Any]]] = {
    "a1" * 32: (
        "approved",
        "/srv/质量月/第一讲 家里的秤准不准.mp4",
        1_842_000_000,
        {"priority": 0, "arrived": 704_643_072, "passing": 9_400_000, "rate": 1_620_000},
    ),
    "a2" * 32: (
        "waiting",
        "/srv/展教部/米的定义-讲解词.wav",
        96_400_000,
        {"arrived": 50_331_648, "passing": 2_100_000, "rate": 720_000},
    ),
    "a3" * 32: ("unsent", "/srv/课堂/水钟刻度纸.pdf", 812_000, {}),
    "a4" * 32: (
        "unsent-2",
        "/srv/文物照片/标准尺-正面-2026-10-12_DSC00417.tif",
        214_000_000,
        {"arrived": 33_554_432, "paused": True},
    ),
    "a5" * 32: (
        "unsent-2",
        "/srv/文物照片/标准尺-背面.tif",
        209_000_000,
        {"problem": "多次尝试后仍未传完（等了太久没有回答），下次同步时继续"},
    ),
    "a6" * 32: ("approved", "/srv/质量月/全部花絮.zip", 5_120_000_000, {"priority": 2}),
}
"""Files on their way, by digest: of which resource, where, how large, and how far."""
PLAIN: dict[str, Any] = {
    "type": "article",
    "themes": ["knowledge"],
    "language": ["zh"],
    "license": "CC-BY-4.0",
    "rights_holder": "示范计量博物馆",
}
CHANGED: dict[str, Any] = {
    "title": {"zh": "馆藏铜砝码：一套五只怎样配出每个克数", "en": "Brass weights: every gram from a set of five"},
    "summary": {"zh": "1 克、2 克、2 克、5 克、10 克：为什么有两只 2 克？动手配一配就明白。"},
    "type": "artefact",
    "themes": ["knowledge", "traditional-culture"],
    "keywords": ["砝码", "天平"],
    "files": ("university/files/qinquan.png",),
}
SENT: dict[str, dict[str, Any]] = {
    "waiting": {
        "title": {
            "zh": "一米有多长：从子午线到光速",
            "en": "How long is a metre: from the meridian to the speed of light",
        },
        "summary": {
            "zh": "两百年里，米的定义换过四次。看一张图，弄清每次换掉了什么、留下了什么。",
            "en": "The metre has had four definitions. One picture shows what changed each time.",
        },
        "description": {
            "zh": "1791 年，米是子午线的四千万分之一；1889 年，是一根铂铱尺。\n\n1983 年起，米由光速定义。"
        },
        "type": "image",
        "disciplines": ["length"],
        "audiences": ["everyone", "secondary"],
        "keywords": ["米", "光速", "国际单位制"],
        "creators": [{"name": "展教部", "role": "author", "affiliation": "示范计量博物馆"}],
        "created": "2026-10",
        "files": ("institute/files/metre.png", "institute/files/kilogram.pdf"),
    },
    "sensitive": {
        "title": {"zh": "边区的度量衡检定证", "en": "A verification certificate from the border region"},
        "summary": {"zh": "一张检定证讲一段历史：谁来检定，检定了什么，怎样保证公平交易。"},
        "type": "document",
        "themes": ["red-metrology", "history"],
        "evidence": [{"source": "馆藏登记簿第 3 册", "method": "与档案馆影印件对照", "verified_by": "保管部两人"}],
        "files": ("society/files/red-sheet.pdf",),
        "links": [
            {"url": "https://archive.example.org/border-region/metrology/certificates/1946/0217/scales.html"},
            {"url": "https://example.com/certificate"},
            {"url": "https://example.org/border-region", "label": "边区票证专题"},
        ],
    },
    "published": {**CHANGED, "title": {"zh": "馆藏铜砝码", "en": "Brass weights"}, "keywords": ["砝码"]},
    "returned": {
        "title": {"zh": "血压计为什么要定期检定", "en": "Why blood pressure monitors are verified"},
        "summary": {"zh": "家里的血压计准不准？三个办法自己先查一查。"},
        "themes": ["daily-life"],
        "files": ("institute/files/blood-pressure.png",),
    },
    "approved": {
        "title": {"zh": "质量月活动手册", "en": "A handbook for Quality Month"},
        "summary": {"zh": "九月里可以在学校和社区做的八个小活动，每个都不超过半小时。"},
        "type": "activity-kit",
        "occasions": ["quality-month"],
        "files": ("society/files/red-sheet.pdf", "society/files/volunteer-training.pptx"),
    },
    "withdrawn": {
        "title": {"zh": "计量科普讲座回放（旧版）"},
        "summary": {"zh": "两年前的一场讲座。"},
        "type": "video",
        "links": [{"url": "https://example.org/lecture", "label": "讲座回放"}],
    },
}
NEW: dict[str, dict[str, Any]] = {
    "unsent": {
        "title": {"zh": "课堂实验：自己做一个水钟", "en": "For the classroom: make a water clock"},
        "summary": {"zh": "两只瓶子、一根吸管、一张刻度纸，量出一分钟。"},
        "type": "activity-kit",
        "links": [{"url": "https://example.org/water-clock", "label": "实验视频"}],
    },
    "unsent-2": {
        "title": {"zh": "馆里的第一把标准尺"},
        "summary": {"zh": "这把尺用了四十年，今天怎样读它的刻线。"},
        "type": "photo",
        "links": [{"url": "https://example.org/ruler", "label": "高清照片"}],
    },
}
