"""The pages of many resources, while others publish."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from federation import catalogue, publication
from federation.packs import gathering
from tests.support.reviewing import public, scene_in


def test_what_changes_or_goes_while_an_archive_is_put_together_is_given_as_it_is_then_or_not_at_all(
    tmp_path: Path,
) -> None:
    with scene_in(tmp_path) as scene:
        changed, gone, kept = (public(scene.session, scene.member) for _ in range(3))
        ids = [gone.resource_id, kept.resource_id, changed.resource_id]
        known = catalogue.by_ids(scene.session, ids)
        publication.remove(scene.session, [gone], to="taken_down", actor="test", reason="有误")
        later = public(scene.session, scene.member, id=changed.resource_id, version=2, title={"zh": "第二版"})
        found = gathering.pages(scene.session, [known[one] for one in ids], today=date(2026, 5, 1))
        assert [(page.entry.resource_id, page.version) for page in found] == [
            (kept.resource_id, 1),
            (later.resource_id, 2),
        ]
        assert found[1].record["title"] == {"zh": "第二版"}
