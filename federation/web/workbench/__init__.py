"""The workbench: where reviewers and admins of the alliance work, and its members see what became of their things.

Registering `workbench` brings its door (sign-in) and all its other parts along.
"""

from __future__ import annotations

from flask.blueprints import BlueprintSetupState

from federation.web.workbench.account import workbench_account
from federation.web.workbench.admin import workbench_admin
from federation.web.workbench.calendar import workbench_calendar
from federation.web.workbench.collections import workbench_collections
from federation.web.workbench.desk import workbench
from federation.web.workbench.door import workbench_door
from federation.web.workbench.elsewhere import workbench_elsewhere, workbench_identity
from federation.web.workbench.feedback import workbench_feedback, workbench_moderation
from federation.web.workbench.links import workbench_links
from federation.web.workbench.log import workbench_log
from federation.web.workbench.nodes import workbench_nodes
from federation.web.workbench.overview import workbench_overview
from federation.web.workbench.own import workbench_own
from federation.web.workbench.people import workbench_people
from federation.web.workbench.petitions import workbench_petitions
from federation.web.workbench.policy import workbench_policy, workbench_rules
from federation.web.workbench.reports import workbench_reports
from federation.web.workbench.rereviews import workbench_rereviews
from federation.web.workbench.second_step import workbench_factor, workbench_second_step
from federation.web.workbench.sessions import install
from federation.web.workbench.storage import workbench_storage
from federation.web.workbench.takedowns import workbench_takedowns
from federation.web.workbench.team import workbench_team
from federation.web.workbench.together import workbench_together

__all__ = ["workbench"]
PARTS = (
    workbench_door,
    workbench_second_step,
    workbench_elsewhere,
    workbench_identity,
    workbench_links,
    workbench_account,
    workbench_factor,
    workbench_own,
    workbench_team,
    workbench_overview,
    workbench_admin,
    workbench_people,
    workbench_nodes,
    workbench_storage,
    workbench_log,
    workbench_together,
    workbench_policy,
    workbench_rules,
    workbench_petitions,
    workbench_calendar,
    workbench_collections,
    workbench_feedback,
    workbench_moderation,
    workbench_rereviews,
    workbench_takedowns,
    workbench_reports,
)


def _bring_along(state: BlueprintSetupState) -> None:
    install(state.app)
    for part in PARTS:
        state.app.register_blueprint(part)


workbench.record_once(_bring_along)
