"""The workbench: where reviewers and admins of the alliance work.

Registering `workbench` brings its door (sign-in) and its admin part along.
"""

from __future__ import annotations

from flask.blueprints import BlueprintSetupState

from federation.web.workbench.admin import workbench_admin
from federation.web.workbench.desk import workbench
from federation.web.workbench.door import workbench_door
from federation.web.workbench.nodes import workbench_nodes
from federation.web.workbench.policy import workbench_policy, workbench_rules
from federation.web.workbench.rereviews import workbench_rereviews
from federation.web.workbench.sessions import install
from federation.web.workbench.storage import workbench_storage
from federation.web.workbench.takedowns import workbench_takedowns
from federation.web.workbench.together import workbench_together

__all__ = [
    "workbench",
    "workbench_admin",
    "workbench_door",
    "workbench_nodes",
    "workbench_policy",
    "workbench_rereviews",
    "workbench_rules",
    "workbench_storage",
    "workbench_takedowns",
    "workbench_together",
]


def _bring_along(state: BlueprintSetupState) -> None:
    install(state.app)
    state.app.register_blueprint(workbench_door)
    state.app.register_blueprint(workbench_admin)
    state.app.register_blueprint(workbench_nodes)
    state.app.register_blueprint(workbench_storage)
    for blueprint in (
        workbench_together,
        workbench_policy,
        workbench_rules,
        workbench_rereviews,
        workbench_takedowns,
    ):
        state.app.register_blueprint(blueprint)


workbench.record_once(_bring_along)
