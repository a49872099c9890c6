"""Good data is read in a straight walk; it must find good, and read, just what marshmallow's own way does."""

from __future__ import annotations

import copy
import json
from typing import Any

import marshmallow
import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.api.queries import SearchQuery
from shared import messages, status_messages
from shared.record import RecordSchema
from shared.validation import Strict
from tests.support import protocol_examples as examples
from tests.support.records import make_file, make_record

FULL = make_record(
    description={"zh": "更长的说明。", "en-GB": "Longer."},
    disciplines=["length"],
    keywords=["卡尺", "长度"],
    creators=[{"name": "张三", "role": "author"}],
    coverage={
        "period": {"name": {"zh": "秦"}, "from": -220, "until": -206},
        "place": {"name": {"zh": "咸阳"}, "latitude": 34.33, "longitude": 108.71},
    },
    evidence=[{"source": "档案", "method": "核对原件", "verified_by": "王五"}],
    files=[make_file(), make_file(name="二.pdf")],
    relations=[{"type": "is-related-to", "target": make_record()["id"]}],
    withdrawn={"reason": "重复"},
)
MESSAGES = {
    "publish-reply": messages.PublishReply,
    "uploads-reply": messages.UploadsReply,
    "complete-request": messages.CompleteRequest,
    "status-reply": status_messages.StatusReply,
}
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(allow_nan=False),
    st.text(max_size=3),
    st.lists(st.text(max_size=2), max_size=3),
    st.dictionaries(st.sampled_from(["zh", "en", "name", "x"]), st.text(max_size=2), max_size=2),
)


def outcome(load: Any, data: Any) -> Any:
    try:
        return load(data)
    except marshmallow.ValidationError as error:
        return error.messages


def agrees(schema: Strict, data: Any) -> Any:
    """What both ways say of `data`, which must be the same."""
    slowly = outcome(lambda given: marshmallow.Schema.load(schema, given), data)
    assert outcome(schema.load, data) == slowly
    assert schema.validate(data) == marshmallow.Schema.validate(schema, data)
    return slowly


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in below for place in places(one, (*path, key)))]


def changed(data: Any, path: tuple[Any, ...], how: str, junk: Any) -> Any:
    data = copy.deepcopy(data)
    if not path:
        return junk
    holder = data
    for step in path[:-1]:
        holder = holder[step]
    if how == "remove":
        del holder[path[-1]]
    elif how == "add" and isinstance(holder, dict):
        holder["x"] = junk
    elif how == "double" and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[path[-1]]))
    else:
        holder[path[-1]] = junk
    return data


@given(st.data())
def test_the_walk_and_marshmallow_agree_on_records(data: st.DataObject):
    record = FULL
    for _ in range(data.draw(st.integers(0, 2))):
        place = data.draw(st.sampled_from(places(record)))
        how = data.draw(st.sampled_from(["replace", "remove", "add", "double"]))
        record = changed(record, place, how, data.draw(JUNK))
    agrees(RecordSchema(), record)


@pytest.mark.parametrize("name", MESSAGES)
@given(data=st.data())
def test_the_walk_and_marshmallow_agree_on_messages(name: str, data: st.DataObject):
    message = json.loads((examples.FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    place = data.draw(st.sampled_from(places(message)))
    how = data.draw(st.sampled_from(["replace", "remove", "add", "double"]))
    agrees(MESSAGES[name](), message)
    agrees(MESSAGES[name](), changed(message, place, how, data.draw(JUNK)))


@pytest.mark.parametrize(
    "schema",
    [RecordSchema(), *(message() for message in MESSAGES.values())],
    ids=lambda schema: type(schema).__name__,
)
def test_what_comes_in_masses_is_really_walked(schema: Strict):
    """Else all of it would silently go marshmallow's slow way."""
    names = {type(message()): name for name, message in MESSAGES.items()}
    name = names.get(type(schema))
    good = FULL if name is None else json.loads((examples.FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert schema.walk(good) == marshmallow.Schema.load(schema, good)


def test_a_schema_with_fields_of_another_kind_is_read_by_marshmallow():
    asked = {"q": "秒", "type": ["video"], "page": "2"}
    with pytest.raises(marshmallow.ValidationError):
        SearchQuery().walk(asked)
    read = agrees(SearchQuery(), asked)
    assert (read["page"], read["theme"], read["sort"]) == (2, [], "")
    assert agrees(SearchQuery(), {"q": "秒"})["page"] == 1


def test_defaults_are_made_anew_each_time():
    first, second = SearchQuery().walk({}), SearchQuery().walk({})
    assert first == second == marshmallow.Schema.load(SearchQuery(), {})
    assert first["type"] is not second["type"]
