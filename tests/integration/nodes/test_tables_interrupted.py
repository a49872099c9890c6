"""A table that is registered by a real process, which is killed in the middle."""

from __future__ import annotations

from sqlalchemy import func, select

from nodes.batch_models import AT_WORK, Batch
from nodes.models import Resource
from nodes.workplace import Workplace
from tests.support.local_page import Node, upload
from tests.support.processes import eventually
from tests.support.workbooks import GOOD, simple

ROWS = 800


def phase(workplace: Workplace) -> str:
    with workplace.database.unit_of_work(read_only=True) as session:
        return session.scalars(select(Batch.phase)).one()


def registered(workplace: Workplace) -> int:
    with workplace.database.unit_of_work(read_only=True) as session:
        return session.scalar(select(func.count()).select_from(Resource)) or 0


def test_a_process_killed_in_the_middle_leaves_whole_rows_and_the_next_one_goes_on(node: Node) -> None:
    table = simple(*((f"k-{number}", *GOOD) for number in range(ROWS)))
    assert node.get("/tables/template.xlsx").data.startswith(b"PK")
    here = node.submit("/tables", {"table": upload(("a.xlsx", table))}).headers["Location"]
    eventually(lambda: phase(node.workplace) not in AT_WORK, seconds=60)
    assert f"登记这 {ROWS} 件" in node.page(here)
    node.submit(f"{here}/register", seen_on=here)
    child = node.app.config["BATCHER"]._children[1]
    eventually(lambda: registered(node.workplace), seconds=60)
    child.kill()
    child.wait()
    assert 0 < registered(node.workplace) < ROWS
    assert "中途停止了" in node.page(here)
    node.submit(f"{here}/register", seen_on=here)
    eventually(lambda: phase(node.workplace) not in AT_WORK, seconds=60)
    assert registered(node.workplace) == ROWS
    assert "有误" in node.page(here)
    node.app.config["BATCHER"].stop()
