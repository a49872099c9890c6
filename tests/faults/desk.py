"""A reviewer at the real workbench, over HTTP; what a fault has swallowed is said again."""

from __future__ import annotations

import re

import requests

from federation.checklist import DEFAULT

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
DOOR = "/workbench/sign-in"
PATIENCE = 30.0


class Desk:
    """A browser with its cookies; every form goes with the token of the page that it stands on."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.session = requests.Session()
        self.session.trust_env = False

    def enter(self, name: str, password: str) -> None:
        """Sign in."""
        answer = self._submit(DOOR, {"name": name, "password": password})
        assert answer.status_code == 303, answer.text

    def judge(self, version_id: int, verdict: str) -> int:
        """Judge a version; the status of the answer. Raises `requests.RequestException` when none came."""
        said = {"verdict": verdict, "reason": "故障测试", "checklist": [item.code for item in DEFAULT.items]}
        return self._submit(f"/workbench/versions/{version_id}", said).status_code

    def _submit(self, path: str, values: dict[str, object]) -> requests.Response:
        page = self.session.get(self.origin + path, timeout=PATIENCE)
        token = TOKEN.search(page.text)
        if token is None:
            raise requests.HTTPError(f"no form on {path}: {page.status_code}")
        data = {"csrf_token": token[1], **values}
        return self.session.post(self.origin + path, data=data, timeout=PATIENCE, allow_redirects=False)
