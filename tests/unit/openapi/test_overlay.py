"""OpenAPI Overlay 1.0 to 1.2: the effect of its actions, the note on an idle one, and the refusal of others."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import DocumentError
from contracts.openapi import PINNED, load, overlay
from contracts.openapi.overlay import PINNED_OVERLAY
from contracts.openapi.source import read_file

ORCHARD: dict[str, Any] = {
    "oak": {"rings": 80, "tags": ["old", "tall", "wide"], "bark": {"colour": "brown"}},
    "elm": {"rings": 30, "tags": [{"kind": "sick"}, {"kind": "tall"}], "bark": {"colour": "grey"}},
    "owner": None,
}

Apply = Callable[..., tuple[Any, tuple[str, ...]]]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write an overlay file with the actions; other fields by name."""

    def write_overlay(*actions: Any, **fields: Any) -> Path:
        path = tmp_path / "care.overlay.yaml"
        contents = {"overlay": "1.0.0", "info": {"title": "Care", "version": "1"}, "actions": list(actions), **fields}
        path.write_text(json.dumps(contents))
        return path

    return write_overlay


@pytest.fixture
def apply(write: Callable[..., Path]) -> Apply:
    """Apply the actions to the orchard, and prove that it stays as it was."""

    def apply_actions(*actions: Any, to: Any = ORCHARD) -> tuple[Any, tuple[str, ...]]:
        before = copy.deepcopy(to)
        changed, idle = overlay.apply_overlays([overlay.load_overlay(write(*actions))], to)
        assert to == before
        return changed, tuple(map(str, idle))

    return apply_actions


def test_an_object_is_merged_into_deeply(apply: Apply) -> None:
    update = {"rings": 81, "bark": {"thick": True}, "tags": ["gnarled"], "height": {"m": 20}}
    changed, idle = apply({"target": "$.oak", "update": update})
    assert changed["oak"] == {
        "rings": 81,
        "tags": ["old", "tall", "wide", "gnarled"],
        "bark": {"colour": "brown", "thick": True},
        "height": {"m": 20},
    }
    assert idle == ()


def test_a_value_of_another_kind_is_replaced(apply: Apply) -> None:
    changed, _ = apply({"target": "$.oak", "update": {"rings": {"count": 80}, "tags": "old", "bark": None}})
    assert changed["oak"] == {"rings": {"count": 80}, "tags": "old", "bark": None}


@pytest.mark.parametrize("update", ["gnarled", 5, None, {"kind": "old"}, ["a", "b"]], ids=str)
def test_an_array_gets_the_update_as_one_more_item(apply: Apply, update: Any) -> None:
    assert apply({"target": "$.oak.tags", "update": update})[0]["oak"]["tags"] == ["old", "tall", "wide", update]


def test_the_whole_document_can_be_updated(apply: Apply) -> None:
    assert apply({"target": "$", "update": {"owner": "Ann"}})[0] == {**ORCHARD, "owner": "Ann"}


@pytest.mark.parametrize(
    "target", ["$['oak', 'elm']", "$['oak',\n  'elm']", "$[?@.rings]", "  $['oak','elm']\n", "$[?@.rings > 1]"]
)
def test_one_action_may_change_several_places(apply: Apply, target: str) -> None:
    changed, idle = apply({"target": target, "update": {"felled": False}})
    assert [changed[name].get("felled") for name in ("oak", "elm")] == [False, False]
    assert idle == ()


def test_places_that_an_action_changed_share_nothing(apply: Apply) -> None:
    first = {"target": "$['oak', 'elm']", "update": {"care": {"water": 1}}}
    changed, _ = apply(first, {"target": "$.oak.care", "update": {"water": 2}})
    assert (changed["oak"]["care"], changed["elm"]["care"]) == ({"water": 2}, {"water": 1})


def test_places_that_share_a_yaml_alias_are_changed_separately(tmp_path: Path, write: Callable[..., Path]) -> None:
    path = tmp_path / "orchard.yaml"
    path.write_text("oak: &tree {rings: 1}\nelm: *tree\n")
    layer = overlay.load_overlay(write({"target": "$.oak", "update": {"rings": 2}}))
    assert overlay.apply_overlays([layer], read_file(path)[0])[0] == {"oak": {"rings": 2}, "elm": {"rings": 1}}


def test_actions_apply_in_order_and_see_the_results_of_earlier_ones(apply: Apply) -> None:
    ash = {"target": "$", "update": {"ash": {"rings": 1}}}
    changed, _ = apply(ash, {"target": "$.ash", "update": {"rings": 2}}, {"target": "$.elm", "remove": True})
    assert changed["ash"] == {"rings": 2}
    assert "elm" not in changed


def test_overlays_apply_in_their_order(write: Callable[..., Path]) -> None:
    layers = [overlay.load_overlay(write({"target": "$.oak", "update": {"rings": rings}})) for rings in (1, 2)]
    assert overlay.apply_overlays(layers, ORCHARD)[0]["oak"]["rings"] == 2


@pytest.mark.parametrize(
    ("target", "left"),
    [
        ("$.oak.tags[0]", ["tall", "wide"]),
        ("$.oak.tags[0,1]", ["wide"]),
        ("$.oak.tags[2,0]", ["tall"]),
        ("$.oak.tags[1,1]", ["old", "wide"]),
        ("$.oak.tags[-1]", ["old", "tall"]),
        ("$.oak.tags[*]", []),
        ("$.oak.tags[?@ != 'old']", ["old"]),
        ("$..tags[::2]", ["tall"]),
    ],
)
def test_items_of_an_array_are_removed_each_once(apply: Apply, target: str, left: list[str]) -> None:
    assert apply({"target": target, "remove": True})[0]["oak"]["tags"] == left


def test_properties_are_removed(apply: Apply) -> None:
    assert [*apply({"target": "$['oak', 'owner', 'oak']", "remove": True})[0]] == ["elm"]
    assert apply({"target": "$..*", "remove": True})[0] == {}


def test_removal_overrides_an_update_in_the_same_action(apply: Apply) -> None:
    assert "oak" not in apply({"target": "$.oak", "update": {"rings": 0}, "remove": True})[0]


@pytest.mark.parametrize("action", [{"update": {"rings": 1}}, {"remove": True}], ids=str)
def test_an_action_without_a_match_is_reported_and_changes_nothing(apply: Apply, action: dict[str, Any]) -> None:
    changed, idle = apply({"target": "$.oak", "update": {}}, {"target": "$.yew", **action})
    assert changed == ORCHARD
    assert idle == ("care.overlay.yaml: action 2 finds nothing at $.yew",)


def test_an_idle_action_is_a_note_of_the_document(tmp_path: Path, write: Callable[..., Path]) -> None:
    path = tmp_path / "orchard.yaml"
    path.write_text("openapi: 3.1.0\npaths: {/a: {get: {responses: {200: {}}}}}")
    read_file = load(
        path, [write({"target": "$.components", "remove": True}, {"target": "$.paths", "update": {"x-a": 1}})]
    )
    assert read_file.notes == ("care.overlay.yaml: action 1 finds nothing at $.components",)
    assert read_file.overlays == ("care.overlay.yaml",)
    assert read_file.contents["paths"]["x-a"] == 1


@pytest.mark.parametrize(
    ("target", "update"),
    [("$.oak.rings", 81), ("$.oak.rings", {"a": 1}), ("$.owner", {"a": 1}), ("$.oak", 5), ("$.oak", None), ("$", [])],
)
def test_an_update_that_does_not_fit_its_place_is_refused(apply: Apply, target: str, update: Any) -> None:
    with pytest.raises(DocumentError, match="has an update that does not fit what stands at ") as caught:
        apply({"target": "$.oak", "update": {}}, {"target": target, "update": update})
    assert caught.value.pointer == "#/actions/1"


def test_the_whole_document_is_not_removed(apply: Apply) -> None:
    with pytest.raises(DocumentError, match="removes the whole document; give a target"):
        apply({"target": "$", "remove": True})


def action(**fields: Any) -> dict[str, Any]:
    return {"actions": [{"target": "$", "update": {}}, fields]}


@pytest.mark.parametrize(
    ("fields", "pointer", "problem", "fix"),
    [
        ({"overlay": None}, "#/overlay", "is None", "1.0.0 to 1.2.0"),
        ({"overlay": "1.3.0"}, "#/overlay", "is 1.3.0", "1.0.0 to 1.2.0"),
        ({"overlay": "1.1"}, "#/overlay", "is 1.1", "1.0.0 to 1.2.0"),
        ({"overlay": "1.01.0"}, "#/overlay", "is 1.01.0", "1.0.0 to 1.2.0"),
        ({"overlay": "2.0.0"}, "#/overlay", "is 2.0.0", "1.0.0 to 1.2.0"),
        ({"extend": "a.yaml"}, "#/extend", "is no field of an overlay", "x-extend"),
        ({"info": {"version": "1"}}, "#/info", "has no title", "requires it"),
        ({"info": {"title": "a", "version": 1}}, "#/info/version", "is not a string", "a string"),
        ({"info": None}, "#/info", "is not an object", "an object"),
        ({"actions": None}, "#/actions", "is not an array", "an array"),
        ({"actions": []}, "#/actions", "holds no action", "at least one action"),
        ({"actions": {"target": "$"}}, "#/actions", "is not an array", "an array"),
        ({"actions": [{"target": "$"}] * 2}, "#/actions/1", "repeats an earlier action", "once"),
        ({"actions": ["$"]}, "#/actions/0", "has no target", "JSONPath"),
        (action(update={}), "#/actions/1", "has no target", "JSONPath"),
        (action(target=5, update={}), "#/actions/1/target", "is not a string", "a string"),
        (action(target="", update={}), "#/actions/1", "has no target", "JSONPath"),
        (action(target="$.oak", updates={}), "#/actions/1/updates", "is no field of an action", "x-updates"),
        (action(target="$.oak", remove="yes"), "#/actions/1/remove", "is not a boolean", "a boolean"),
        (action(target="$.oak", copy="$.elm", update={}), "#/actions/1", "both an update and a copy", "leave one"),
        (action(target="$.oak", copy="elm"), "#/actions/1/copy", "is no JSONPath", "RFC 9535"),
        (action(target="$.oak[", update={}), "#/actions/1/target", "is no JSONPath", "RFC 9535"),
        (action(target="oak", update={}), "#/actions/1/target", "is no JSONPath", "RFC 9535"),
        (action(target="/oak", update={}), "#/actions/1/target", "is no JSONPath", "RFC 9535"),
        (action(target="$.oak | $.elm", update={}), "#/actions/1/target", "is no JSONPath", "RFC 9535"),
        (action(target="$.oak.~", update={}), "#/actions/1/target", "is no JSONPath", "RFC 9535"),
        (action(target="$[?old(@)]", update={}), "#/actions/1/target", "is no JSONPath", "RFC 9535"),
    ],
    ids=str,
)
def test_a_file_that_is_no_overlay_is_refused_by_its_place(
    write: Callable[..., Path], fields: dict[str, Any], pointer: str, problem: str, fix: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        overlay.load_overlay(write(**fields))
    error = caught.value
    assert (error.pointer, len(str(error).splitlines())) == (pointer, 1)
    assert problem in error.problem
    assert fix in error.fix


@pytest.mark.parametrize("text", ["- 1", "5", "openapi: 3.1.0"])
def test_a_file_without_a_version_is_no_overlay(tmp_path: Path, text: str) -> None:
    path = tmp_path / "care.yaml"
    path.write_text(text)
    with pytest.raises(DocumentError, match=r"#/overlay is missing; give an OpenAPI Overlay document"):
        overlay.load_overlay(path)


def test_of_an_empty_file_an_overlay_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "care.yaml"
    path.write_text("")
    with pytest.raises(DocumentError, match=r"care\.yaml: is empty; give an OpenAPI Overlay document in YAML or JSON$"):
        overlay.load_overlay(path)


def test_an_action_without_update_copy_and_remove_is_reported(apply: Apply) -> None:
    changed, idle = apply({"target": "$.oak"})
    assert changed == ORCHARD
    assert idle == ("care.overlay.yaml: action 1 has no update, copy or remove",)


Later = Callable[..., Any]


@pytest.fixture(params=["1.1.0", "1.2.0"])
def later(write: Callable[..., Path], request: pytest.FixtureRequest) -> Later:
    """Apply actions of an overlay of a later version to the orchard."""

    def apply_actions(*actions: Any) -> Any:
        return overlay.apply_overlays([overlay.load_overlay(write(*actions, overlay=request.param))], ORCHARD)[0]

    return apply_actions


def test_a_later_overlay_replaces_plain_values_and_joins_arrays(later: Later) -> None:
    changed = later({"target": "$.*.rings", "update": 1}, {"target": "$.oak.tags", "update": ["a", "b"]})
    assert (changed["oak"]["rings"], changed["elm"]["rings"]) == (1, 1)
    assert changed["oak"]["tags"] == ["old", "tall", "wide", "a", "b"]


def test_a_copy_is_merged_into_its_target_and_shares_nothing_with_its_source(later: Later) -> None:
    changed = later(
        {"target": "$.oak.bark", "copy": "$.elm.bark"},
        {"target": "$.elm.tags", "copy": "$.oak.tags"},
        {"target": "$.oak.tags", "update": "late"},
    )
    assert changed["oak"]["bark"] == {"colour": "grey"}
    assert changed["elm"]["tags"] == [*ORCHARD["elm"]["tags"], *ORCHARD["oak"]["tags"]]


@pytest.mark.parametrize(
    ("action", "problem"),
    [
        ({"target": "$.oak", "copy": "$.*.bark"}, "copies 2 places"),
        ({"target": "$.oak", "copy": "$.yew"}, "copies 0 places"),
        ({"target": "$.oak.*", "update": 1}, "selects places of several kinds"),
        ({"target": "$.oak", "update": {"rings": {"count": 1}}}, "does not fit the rings"),
        ({"target": "$.oak.rings", "update": {}}, "does not fit what stands at"),
    ],
    ids=str,
)
def test_a_later_action_that_its_target_does_not_allow_is_refused(
    later: Later, action: dict[str, Any], problem: str
) -> None:
    with pytest.raises(DocumentError, match=problem):
        later(action)


SPECIFICATION, _ = read_file(Path(__file__).parents[2] / "documents" / "overlay-specification.yaml")


def saved(contents: Any, folder: Path) -> Path:
    path = folder / "overlay.json"
    path.write_text(json.dumps(contents))
    return path


@pytest.mark.parametrize("case", SPECIFICATION["applied"].values(), ids=SPECIFICATION["applied"])
def test_the_specification_s_overlays_give_its_documents(case: dict[str, Any], tmp_path: Path) -> None:
    read = overlay.load_overlay(saved(case["overlay"], tmp_path))
    assert overlay.apply_overlays([read], case["openapi"]) == (case["output"], ())


@pytest.mark.parametrize("contents", SPECIFICATION["pass"].values(), ids=SPECIFICATION["pass"])
def test_what_the_specification_calls_an_overlay_is_read(contents: Any, tmp_path: Path) -> None:
    assert overlay.load_overlay(saved(contents, tmp_path)).actions


@pytest.mark.parametrize("contents", SPECIFICATION["fail"].values(), ids=SPECIFICATION["fail"])
def test_what_the_specification_calls_no_overlay_is_refused(contents: Any, tmp_path: Path) -> None:
    with pytest.raises(DocumentError):
        overlay.load_overlay(saved(contents, tmp_path))


def test_the_pinned_overlay_only_adds_to_the_pinned_document_and_corrects_its_mapping() -> None:
    contents, _ = read_file(PINNED)
    (union,) = load().unions
    changed, idle = overlay.apply_overlays([overlay.load_overlay(PINNED_OVERLAY)], contents)
    assert idle == ()
    mapping = load(overlays=[PINNED_OVERLAY]).schema(union)["discriminator"]["mapping"]
    assert all(isinstance(value, str) for value in mapping.values())
    assert changed.keys() == contents.keys()
