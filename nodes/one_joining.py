"""The process of one joining, begun by `nodes.background`: settings and what to do on standard input, then that.

What it came to is written as JSON: nothing, or an error in the words of each language.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from nodes import carried_enrolment, entering, faults, rounds
from nodes.hub_client import RefusedByHub
from nodes.settings import NodeSettings
from nodes.workplace import Workplace, open_workplace


def main() -> int:
    """Do it; the exit code is 0 when all went well."""
    settings = NodeSettings(**json.loads(sys.stdin.readline()))
    asked = json.loads(sys.stdin.readline())
    try:
        do(open_workplace(settings), asked)
    except Exception as error:  # the page must be able to say that it failed, whatever the cause
        named = faults.named(error, settings.folder)
        said = {spoken: named.message(spoken) for spoken in rounds.LANGUAGES}
        code = named.problem_code if isinstance(named, RefusedByHub) else named.code
        json.dump({"code": code, **said}, sys.stdout)
        return named.exit_code
    json.dump({}, sys.stdout)
    return 0


def do(workplace: Workplace, asked: dict[str, Any]) -> None:
    """Join by `hub` and `token`; write a request to join to the file `request`; or take the file `reply`."""
    if "request" in asked:
        target, name = Path(asked["request"]), asked["name"]
        with rounds.alone(workplace):
            carried_enrolment.write_request(workplace, target, token=asked["token"], node_name=name)
    elif "reply" in asked:
        with rounds.alone(workplace):
            carried_enrolment.take_reply(workplace, Path(asked["reply"]), hub_key=asked["hub_key"])
    else:
        entering.enter(workplace, hub=asked["hub"], token=asked["token"], node_name=asked["name"])


if __name__ == "__main__":
    sys.exit(main())
