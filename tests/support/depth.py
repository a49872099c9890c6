"""How deep the stateful tests dig: shallow and the same each time in the suite, as deep as one asks by hand.

`COMMONS_TEST_EXAMPLES=500 python -m pytest tests/integration/federation/test_protocol_machine.py` runs 500 stories,
new ones each time.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

EXAMPLES = "COMMONS_TEST_EXAMPLES"


def depth(examples: int, steps: int) -> settings:
    """Settings for a state machine: so many stories of at most so many steps, unless more stories are asked for."""
    asked = os.environ.get(EXAMPLES)
    return settings(
        max_examples=int(asked) if asked else examples,
        stateful_step_count=steps,
        derandomize=asked is None,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
