"""What a harvest came to, for a person at the terminal."""

from __future__ import annotations

from dataclasses import replace

from nodes import harvest_report
from nodes.harvesting.intake import Outcome


def test_entries_with_the_same_fault_stand_together(monkeypatch) -> None:
    monkeypatch.setenv("COMMONS_LANGUAGE", "zh")
    reason = {"zh": "许可：必填。", "en": "Licence: required."}
    faults = [{"identifier": f"oai:x:{number}", "reasons": [reason]} for number in range(30)]
    done = replace(Outcome(), failed=300, faults=faults)
    assert harvest_report.of_outcome(done.as_dict())[1:] == [
        "  许可：必填。",
        "    oai:x:0、oai:x:1、oai:x:2、oai:x:3、oai:x:4……共 30 条",
        "  ……共 300 条有误，加上 --json 看更多。",
    ]
