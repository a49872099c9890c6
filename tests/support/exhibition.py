"""A hub with a few resources in public, for the tests of what readers and their programs see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from federation.parts import parts
from tests.support.hub import Hub, Member, running_hub
from tests.support.publishing import file_entry, publish, withdraw
from tests.support.records import make_record
from tests.support.stores import RunningStore

PDF = b"%PDF-1.7 a caliper"
HOSTILE = '<script>alert("x")</script>'


@dataclass
class Exhibition:
    """The hub, and what it shows by a name for each."""

    hub: Hub
    member: Member
    arks: dict[str, str]
    records: dict[str, dict[str, Any]]

    def get(self, path: str, **headers: str) -> TestResponse:
        """One request of a reader."""
        return self.hub.open("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def page(self, name: str, prefix: str = "") -> TestResponse:
        """The page of a resource."""
        return self.get(f"{prefix}/resources/{self.arks[name]}")


def records() -> dict[str, tuple[dict[str, Any], tuple[bytes, ...]]]:
    """What is shown: a plain one with a file, a course with two lessons, one that is hostile, one to be withdrawn."""
    lessons = [make_record(type="lesson", title={"zh": f"第{n}课"}) for n in (1, 2)]
    caliper = make_record(
        title={"zh": "游标卡尺怎么读", "en": "How to read a vernier caliper"},
        files=[file_entry(PDF, name="卡尺 说明.pdf")],
        audiences=["secondary"],
        disciplines=["length"],
        created="-0343~",
        description={"zh": "第一段。\n\n第二段。"},
    )
    course = make_record(
        type="course",
        title={"zh": "三课时"},
        relations=[{"type": "has-part", "target": one["id"]} for one in reversed(lessons)],
    )
    hostile = make_record(
        title={"zh": HOSTILE},
        summary={"zh": HOSTILE},
        keywords=[HOSTILE],
        creators=[{"name": HOSTILE}],
        rights_holder=HOSTILE,
        type="video",
        license="CC0-1.0",
    )
    gone = make_record(title={"zh": "旧规程", "en": "Old rules"})
    return {
        "lesson-1": (lessons[0], ()),
        "lesson-2": (lessons[1], ()),
        "caliper": (caliper, (PDF,)),
        "course": (course, ()),
        "hostile": (hostile, ()),
        "gone": (gone, ()),
    }


@contextmanager
def exhibition(folder: Path, store: RunningStore) -> Iterator[Exhibition]:
    """Publish it all; `gone` is withdrawn again."""
    with running_hub(folder, store) as hub:
        member = hub.member("institute-a")
        made = records()
        arks = {name: publish(hub, member, record, *files) for name, (record, files) in made.items()}
        withdraw(hub, made["gone"][0], "已被取代")
        yield Exhibition(hub, member, arks, {name: record for name, (record, _) in made.items()})
        parts(hub.app).index.close()
