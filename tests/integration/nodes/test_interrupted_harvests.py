"""Whatever comes in between, a harvest brings in the end what one undisturbed harvest brings."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodes.harvesting import intake
from nodes.settings import NodeSettings
from nodes.workplace import Workplace, initialise
from shared.errors import CommonsError
from tests.support.brought import harvested, standing
from tests.support.depth import depth
from tests.support.repository import Fault, PlayedRepository, Sent, played_repository, record

pytestmark = pytest.mark.only_on("sqlite")  # no hub is asked


class Killed(BaseException):
    """Stands for the end of the process."""


BROKEN: dict[str, Fault] = {
    "500": lambda sent: Sent(b"", 500),
    "404": lambda sent: Sent(b"<html>Not here", 404),
    "busy": lambda sent: Sent(b"", 503, {"Retry-After": "100000"}),
    "cut": lambda sent: dataclasses.replace(sent, cut_to=len(sent.body) * 3 // 5),
    "notice": lambda sent: dataclasses.replace(sent, body=sent.body + b"<b>Notice</b>: undefined"),
    "ampersand": lambda sent: dataclasses.replace(sent, body=sent.body.replace(b"</dc:title>", b"</dc:title>&\x0b")),
    "html": lambda sent: Sent("<html><p>维护中".encode()),
    "expired": lambda sent: Sent(b'<OAI-PMH><error code="badResumptionToken"/></OAI-PMH>'),
}
KILLS = ("killed before", "killed after")
DISTURBANCES = st.lists(st.sampled_from(["fine", "fine", *BROKEN, *KILLS]), max_size=12)


@st.composite
def repositories(draw: st.DrawFn) -> list[str]:
    """Records in any order of dates, some of them on one day, some deleted."""
    dates = draw(st.lists(st.integers(1, 9), min_size=1, max_size=9))
    deleted = draw(st.sets(st.integers(0, len(dates) - 1), max_size=2))
    return [
        record(f"oai:x:{number}", f"2024-01-{day:02}T00:00:00Z", f"第 {number} 件", deleted=number in deleted)
        for number, day in enumerate(dates)
    ]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory) -> Workplace:
    return initialise(NodeSettings(data=str(tmp_path_factory.mktemp("node")), attempts=2))


@depth(15, 1)
@given(repositories(), DISTURBANCES, st.integers(1, 3), st.booleans())
def test_any_mixture_of_kills_and_faults_ends_with_the_same_resources_and_the_same_content(
    workplace: Workplace, records: list[str], disturbances: list[str], part: int, says_size: bool
) -> None:
    with played_repository(records, part=part) as disturbed, played_repository(records, part=part) as calm:
        harvested(workplace, calm.address)
        disturbed.says_size = says_size
        disturbed.faults = [BROKEN.get(name) for name in disturbances]
        go_on(workplace, disturbed, [name for name in disturbances if name in KILLS])
        assert standing(workplace, disturbed.address) == standing(workplace, calm.address)


def go_on(workplace: Workplace, repository: PlayedRepository, kills: list[str]) -> None:
    """Harvest until nothing disturbs it any more, and once again, as a schedule does."""
    left = list(kills)
    undisturbed = 0
    while undisturbed < 2:
        with pytest.MonkeyPatch.context() as patch:
            if left:
                patch.setattr(intake.Intake, "register", dying(intake.Intake.register, after=left.pop() == KILLS[1]))
            try:
                harvested(workplace, repository.address)
            except (Killed, CommonsError):
                undisturbed = 0
            else:
                undisturbed += not left and not repository.faults


def dying(register: Callable[..., None], *, after: bool) -> Callable[..., None]:
    """Dies at the second part, before or after it is registered, and before that is written down."""
    parts = count(1)

    def die(self: intake.Intake, rows: list[intake.ImportRow]) -> None:
        last = next(parts) == 2
        if not last or after:
            register(self, rows)
        if last:
            raise Killed

    return die
