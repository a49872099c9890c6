"""How often the public used what is ours, at the node: asked for, kept whole, and shown with its moment."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from nodes import uses
from nodes.hub_client import HubClient
from nodes.models import Resource
from nodes.workplace import Workplace
from tests.support.local_page import Node
from tests.support.played import PlayedHub

AT = datetime.now(UTC).isoformat(timespec="seconds")
OTHER = "019712a0-7c00-7000-8000-0000000000d1"


@pytest.fixture
def workplace(node: Node) -> Workplace:
    return node.workplace


def page(*counts: tuple[str, int, int], more: bool = False) -> dict[str, object]:
    found = [{"record_id": one, "views": views, "downloads": downloads} for one, views, downloads in counts]
    return {"uses": found, "counted_at": AT, "more": more}


def test_the_numbers_are_asked_for_page_by_page_and_shown_with_their_moment(
    node: Node, client: HubClient, played: PlayedHub
) -> None:
    node.join()
    record_id = node.put(title={"zh": "水钟"})
    node.set_state(record_id, "published")
    with node.workplace.database.unit_of_work() as session:
        session.get_one(Resource, record_id).ark = "ark:99999/x1abc"
    assert "公众共浏览" not in node.page("/")
    assert uses.due(node.workplace)
    played.say(page((record_id, 1200, 310), more=True))
    played.say(page((OTHER, 3, 0)))
    assert uses.ask(node.workplace, client) == 2
    assert not uses.due(node.workplace)
    asked = [json.loads(body) for _method, _path, _headers, body in played.seen]
    assert asked == [{}, {"after": record_id}]
    assert "公众共浏览 1203 次，下载 310 次" in node.page("/")
    shown = node.page(f"/resources/{record_id}")
    assert "浏览 1200 次，下载 310 次" in shown
    assert "平台计于" in shown


def test_half_an_answer_leaves_the_old_numbers(node: Node, client: HubClient, played: PlayedHub) -> None:
    node.join()
    played.say(page((OTHER, 3, 1)))
    uses.ask(node.workplace, client)
    played.say(page((OTHER, 9, 9), more=True))
    played.say({}, status=400)
    with pytest.raises(Exception, match="400"):
        uses.ask(node.workplace, client)
    with node.workplace.database.unit_of_work(read_only=True) as session:
        total = uses.of_all(session)
    assert (total.views, total.downloads) == (3, 1)
