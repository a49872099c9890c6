"""The documents say what the code does: fields, limits, errors, states, paths, commands and links."""

import re
import subprocess
from pathlib import Path

import pytest

from federation.lifecycle import MOVES
from federation.publication import check_character
from federation.roles import MAY, Permission
from federation.settings import HubSettings
from federation.web.workbench.showing import STATES
from shared import (
    answering,
    canonical,
    carrying,
    errors,
    http_signatures,
    log_messages,
    messages,
    petitioning,
    record,
    signing,
    status_messages,
    usage_messages,
    validation,
    vocabularies,
)
from shared.field_messages import FIELD_MESSAGES
from tests.support import protocol_examples as examples
from tests.support import schemas

ROOT = Path(__file__).parents[2]
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
WIRE = (record, messages, status_messages, log_messages, answering, petitioning, usage_messages, carrying)
SCHEMAS = [one for module in WIRE for one in schemas.schemas_of(module)]
ERRORS = {
    error.code: error
    for error in vars(errors).values()
    if isinstance(error, type) and issubclass(error, errors.CommonsError) and error is not errors.CommonsError
}
LIMITS = {
    "MAX_RECORD_BYTES": record.MAX_RECORD_BYTES,
    "MAX_FILES": record.MAX_FILES,
    "MAX_FILE_BYTES": record.MAX_FILE_BYTES,
    "MAX_DEPTH": canonical.MAX_DEPTH,
    "MAX_KEYS": canonical.MAX_KEYS,
    "MAX_FAULTS": validation.MAX_FAULTS,
    "MAX_TOKEN": signing.MAX_TOKEN,
    "MAX_BATCH_RECORDS": messages.MAX_BATCH_RECORDS,
    "MAX_BATCH_BYTES": messages.MAX_BATCH_BYTES,
    "MAX_UPLOADS_ASKED": messages.MAX_UPLOADS_ASKED,
    "MAX_PARTS_GRANTED": messages.MAX_PARTS_GRANTED,
    "MAX_EVENTS": status_messages.MAX_EVENTS,
    "MAX_ANSWERS": answering.MAX_ANSWERS,
    "MAX_ANSWER": answering.MAX_ANSWER,
    "MAX_PETITIONS": petitioning.MAX_PETITIONS,
    "MAX_USES": usage_messages.MAX_USES,
    "MAX_ITEMS": messages.MAX_ITEMS,
    "MAX_FINDINGS": messages.MAX_FINDINGS,
    "MAX_ENTRIES": log_messages.MAX_ENTRIES,
    "MAX_ENTRY_BYTES": log_messages.MAX_ENTRY_BYTES,
    "MAX_BUNDLE_RECORDS": carrying.MAX_BUNDLE_RECORDS,
    "MAX_BUNDLE_FILES": carrying.MAX_BUNDLE_FILES,
    "MAX_RECEIPT_EVENTS": carrying.MAX_RECEIPT_EVENTS,
    "MAX_EVENT_BYTES": carrying.MAX_EVENT_BYTES,
    "MAX_REFUSAL_BYTES": carrying.MAX_REFUSAL_BYTES,
    "MAX_GIVEN_BACK": carrying.MAX_GIVEN_BACK,
    "MAX_BUCKET_GIVEN": carrying.MAX_BUCKET_GIVEN,
    "LIFETIME": int(http_signatures.LIFETIME.total_seconds()),
    "LEEWAY": int(http_signatures.LEEWAY.total_seconds()),
}


def section(text, heading):
    """What stands under a heading, down to the next of the same or a higher level."""
    lines = text.splitlines()
    start = lines.index(heading)
    level = len(heading.split(" ")[0])
    for end in range(start + 1, len(lines)):
        if re.match(rf"#{{1,{level}}} ", lines[end]):
            return "\n".join(lines[start + 1 : end])
    return "\n".join(lines[start + 1 :])


def table(text):
    """The cells of the rows of all tables in a text, without their heads."""
    rows = [line for line in text.splitlines() if line.startswith("|")]
    heads = {at - 1 for at, line in enumerate(rows) if line.startswith("| ---")}
    kept = [line for at, line in enumerate(rows) if at not in heads and not line.startswith("| ---")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in kept]


def anchor(heading):
    """A heading's name in a link, as the usual renderers of Markdown make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


# -- the protocol ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.__name__)
def test_every_field_is_described_with_its_kind_and_limits(schema):
    described = table(section(PROTOCOL, f"#### `{schema.__name__}`").split("\n| 结果 |")[0].split("\n| 答复 |")[0])
    expected = [[f"`{name}`", kind, "是" if needed else ""] for name, kind, needed in schemas.rows(schema)]
    assert [cells[:3] for cells in described] == expected
    assert all(len(cells) == 4 and cells[3] for cells in described)


def test_no_schema_is_described_that_does_not_exist():
    assert set(re.findall(r"^#### `(\w+)`$", PROTOCOL, re.M)) == {schema.__name__ for schema in SCHEMAS}


def test_the_limits_are_those_of_the_code():
    shown = {}
    for label, value, _unit in table(section(PROTOCOL, "## 限额")):
        [name] = re.findall(r"`([A-Z_]+)`", label)
        shown[name] = int(value)
    assert shown == LIMITS


def test_the_limits_that_a_hub_sets_itself_are_shown_with_their_defaults():
    for label, value, _unit in table(section(PROTOCOL, "## 平台自定的限额")):
        [name] = re.findall(r"`([a-z_]+)`", label)
        assert int(value) == getattr(HubSettings(), name), name


def test_every_error_is_described_with_its_status_and_what_to_do():
    shown = {}
    headings = (
        "整个请求",
        "单条记录、单个文件",
        "网页、工作台和公开接口",
        "离线包和回执",
        "节点自己的错误",
        "平台命令的错误",
    )
    for heading in (f"### {name}" for name in headings):
        for code, status, exit_code, why, remedy in table(section(PROTOCOL, heading)):
            assert code.strip("`") not in shown, code
            assert len(why) >= 4, code
            assert len(remedy) >= 2, code
            shown[code.strip("`")] = (int(status), int(exit_code))
    assert shown == {code: (error.status, error.exit_code) for code, error in ERRORS.items()}


def test_every_fault_of_a_field_is_described_in_its_own_words():
    shown = {code.strip("`"): said.replace("\\|", "|") for code, said in table(section(PROTOCOL, "### 字段错误"))}
    assert shown == {code: chinese for code, (chinese, _) in FIELD_MESSAGES.items()}


def test_the_vocabularies_are_listed_with_their_versions():
    shown = {name.strip("`"): (title, version) for name, title, version, _ in table(section(PROTOCOL, "## 词表"))}
    own = [vocabularies.load(path) for path in vocabularies.FOLDER.glob("*.toml")]
    assert shown == {found.name: (found.zh, found.version) for found in own}


@pytest.mark.parametrize(
    ("heading", "outcomes"),
    [
        ("### 发布", [*messages.PUBLISH_OUTCOMES]),
        ("### 上传", [*messages.UPLOAD_OUTCOMES, *messages.COMPLETE_OUTCOMES]),
        ("#### `FileAnswer`", [*carrying.FILE_OUTCOMES]),
    ],
)
def test_every_outcome_says_what_the_node_does(heading, outcomes):
    rows = [cells for cells in table(section(PROTOCOL, heading)) if len(cells) == 3]
    assert [cells[0].strip("`") for cells in rows] == outcomes


def test_the_signature_base_is_the_one_that_is_signed():
    shown = re.search(r"```text\n(\"@method\".*?)\n```", PROTOCOL, re.S)
    assert shown[1] == examples.request_signature()["signature_base"]


def test_the_covered_components_are_those_of_the_code():
    rows = [cells for cells in table(section(PROTOCOL, "### 请求签名")) if len(cells) == 2]
    assert tuple(cells[0].strip("`") for cells in rows) == http_signatures.COMPONENTS
    assert http_signatures.TAG in section(PROTOCOL, "### 请求签名")


def test_every_example_is_shown():
    linked = set(re.findall(r"protocol/examples/([\w-]+)\.json", PROTOCOL))
    assert linked == set(examples.documents())


def test_the_example_states_and_identifiers_could_be_real():
    for event in examples.status()["status-reply"]["events"]:
        assert event["state"] in MOVES
        if "ark" in event:
            name = event["ark"].removeprefix("ark:")
            assert check_character(name[:-1]) == name[-1]


def test_every_address_of_the_federation_is_described(hub):
    known = {
        (method, rule.rule)
        for rule in hub.app.url_map.iter_rules()
        if rule.rule.startswith(messages.PREFIX)
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    shown = set(re.findall(rf"`(GET|POST) ({messages.PREFIX}/[a-z/]*)", PROTOCOL))
    assert shown == known


def test_the_hub_introduces_itself_as_in_the_example(hub):
    answer = hub.open("GET", messages.PREFIX + "/").get_json()
    expected = examples.documents()["hello"]
    assert answer == {**expected, "origin": answer["origin"]}


# -- the architecture --------------------------------------------------------------------------------------


def test_the_table_of_states_is_that_of_the_life_cycle():
    shown = {state: (name, to) for state, name, to in table(section(ARCHITECTURE, "## 版本的状态"))}
    expected = {
        f"`{state}`": (str(STATES[state]), "、".join(f"`{to}`" for to in MOVES if to in reached) or "（终点）")
        for state, reached in MOVES.items()
    }
    assert shown == expected


def test_the_table_of_permissions_is_that_of_the_code():
    shown = {name: who for name, _, who in table(section(ARCHITECTURE, "## 角色和账号"))}
    assert shown == {
        f"`{permission}`": "、".join(f"`{role}`" for role, allowed in MAY.items() if permission in allowed)
        for permission in Permission
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_exists(document):
    text = document.read_text(encoding="utf-8")
    named = re.findall(r"`((?:federation|nodes|shared|config|tests|docs)/[\w./-]*)`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []


# -- all documents -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document):
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match("https?://", target):
            continue
        name, _, fragment = target.partition("#")
        place = (document.parent / name).resolve() if name else document
        assert place.exists(), target
        if fragment:
            headings = re.findall(r"^#+ (.+)$", place.read_text(encoding="utf-8"), re.M)
            assert fragment in {anchor(heading) for heading in headings}, target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_word_of_make_exists(document):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for word in re.findall(r"`make ([a-z-]+)", document.read_text(encoding="utf-8")):
        assert re.search(rf"^{word}:", makefile, re.M), word


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_no_document_names_a_person_s_machine(document):
    text = document.read_text(encoding="utf-8")
    assert not re.search(r"/(home|Users|root|work|tmp)/", text)


def test_the_words_of_make_are_shown_by_make_help():
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {"run", "test", "lint"} <= set(re.findall(r"make ([a-z-]+)", shown))
