"""The corrections of an audit, written as an Overlay and applied, leave nothing of what they correct."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.__main__ import main
from contracts.audit import Audit
from contracts.judge import compiled
from contracts.openapi import PINNED, PINNED_OVERLAY, load
from contracts.openapi.overlay import load_overlay
from tests.support.auditing import audited_file, rules_of
from tests.support.contents import CLEAN, Contents, answering, operation, pets, response
from tests.support.invented import DOCUMENTS
from tests.support.tiny import JSON, PETS

Saved = Callable[[Any], Path]


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    def save(contents: Any) -> Path:
        path = tmp_path / "it.json"
        path.write_text(json.dumps(contents), "utf-8")
        return path

    return save


def corrected(path: Path, folder: Path, *overlays: Path, closed: bool = False) -> tuple[Audit, Audit]:
    """The audits of a document without the corrections that `contract audit --fix` writes, and with them."""
    fix = folder / "fix.yaml"
    options = [word for overlay in overlays for word in ("--overlay", str(overlay))] + ["--closed"] * closed
    assert main(["audit", str(path), "--fix", str(fix), *options]) == 1
    return audited_file(path, *overlays, closed=closed), audited_file(path, *overlays, fix, closed=closed)


@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed"])
@pytest.mark.parametrize(
    ("path", "overlays"),
    [
        pytest.param(PINNED, (), id="pinned"),
        pytest.param(PINNED, (PINNED_OVERLAY,), id="pinned with its overlay"),
        pytest.param(DOCUMENTS / "shop.openapi.yaml", (), id="shop"),
        pytest.param(DOCUMENTS / "unions.openapi.yaml", (), id="unions"),
    ],
)
def test_applied_the_corrections_leave_a_clean_audit(
    path: Path, overlays: tuple[Path, ...], closed: bool, tmp_path: Path
) -> None:
    before, after = corrected(path, tmp_path, *overlays, closed=closed)
    assert before.findings
    assert before.uncorrected == ()
    assert (after.findings, after.exit_code) == ((), 0)
    assert rules_of(after) <= rules_of(before)


NULLABLE = {"type": "string", "nullable": True}
ODD = "~a/b'c\\\t\n\""
IT = {"$ref": "#/components/schemas/It"}
CONTRADICTING: dict[str, Contents] = {
    "nullable beside an enum": answering({"enum": ["a"], **NULLABLE}),
    "nullable without a type": answering({"enum": ["a"], "nullable": True}),
    "nullable beside a reference": answering({**IT, "nullable": True}, {"It": CLEAN}),
    "nullable beside allOf": answering({"allOf": [IT], "nullable": True}, {"It": CLEAN}),
    "nullable beside oneOf": answering({"oneOf": [IT, {"type": "integer"}], "nullable": True}, {"It": CLEAN}),
    "nullable inside an ambiguous union": answering({"oneOf": [NULLABLE, {"type": ["string", "null"]}]}),
    "two boolean limits": answering(
        {"type": "integer", "minimum": 1, "exclusiveMinimum": True, "maximum": 9, "exclusiveMaximum": True}
    ),
    "an ambiguous union beside anyOf": answering(
        {"anyOf": [{"minimum": 1}, {"maximum": 0}], "oneOf": [{"type": "integer"}, {"type": "number"}]}
    ),
    "an ambiguous union inside another": answering(
        {"oneOf": [{"oneOf": [{"type": "integer"}, {"type": "number"}]}, {"type": ["string", "integer"]}]}
    ),
    "several wrong examples of a list": answering({"type": "integer", "examples": ["a", 1, "b", "c"], "default": "d"}),
    "a wrong example in components": {
        **(whole := answering({"type": "integer"}, examples={"x": {"$ref": "#/components/examples/X"}})),
        "components": {**whole["components"], "examples": {"X": {"value": "one"}}},
    },
    "a closed object beside allOf": answering(
        {
            "type": "object",
            "allOf": [{"properties": {"a": {"type": "string"}}, "required": ["a"]}],
            "additionalProperties": False,
        }
    ),
    "tags that are neither required nor declared": pets(
        Cat={"type": "object", "properties": {}}, Dog=PETS["Dog"], Eel={"allOf": [IT]}, It=PETS["Eel"]
    ),
    "a mapping of objects, one of which dangles": pets(
        {
            "propertyName": "kind",
            "mapping": {"CAT": {"$ref": "#/components/schemas/Cat"}, "FOX": {"$ref": "#/components/schemas/Fox"}},
        }
    ),
    "a resource behind a key": operation(
        {"200": response(CLEAN)}, path="/a b/{thing}'s", security=[{"Key": []}]
    ),
    "a name that has to be escaped": answering(
        {"required": [ODD], "properties": {ODD: {"type": "integer", "default": "x"}}, "type": "object"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("contents", CONTRADICTING.values(), ids=CONTRADICTING)
@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed"])
def test_every_finding_with_a_correction_is_gone_once_it_is_applied(
    contents: Contents, closed: bool, saved: Saved, tmp_path: Path
) -> None:
    path = saved(contents)
    before, after = corrected(path, tmp_path, closed=closed)
    assert before.findings
    assert before.uncorrected == ()
    assert after.findings == ()


def test_a_nullable_value_may_be_null_after_the_correction_and_nothing_else(saved: Saved, tmp_path: Path) -> None:
    path = saved(answering({"enum": ["a", "b"], **NULLABLE}))
    corrected(path, tmp_path)
    document = load(path, [tmp_path / "fix.yaml"])
    place = document.operations[0].responses[0].content[JSON] or ""
    assert [compiled(document).is_valid(place, value) for value in (None, "a", "b", "c", 1)] == [1, 1, 1, 0, 0]


def test_findings_that_only_the_owner_can_correct_are_named_in_the_overlay(saved: Saved, tmp_path: Path) -> None:
    contents = operation({"200": response({"title": "Anything"}), "404": response({"type": "integer", "default": "1"})})
    before, after = corrected(saved(contents), tmp_path)
    text = " ".join(line.removeprefix("# ") for line in (tmp_path / "fix.yaml").read_text("utf-8").splitlines())
    assert [finding.rule for finding in before.uncorrected] == ["document.body-admits-everything"]
    assert after.findings == after.uncorrected == before.uncorrected
    assert "Not corrected: document.body-admits-everything at #/paths/~1things/get/responses/200/" in text


def test_the_overlay_says_the_reason_of_each_correction_and_no_name_ends_its_comment(
    saved: Saved, tmp_path: Path
) -> None:
    kinds = {"propertyName": "ki\nnd", "mapping": {"A": {"$ref": "#/components/schemas/A\nB"}}}
    branch = {"type": "object", "properties": {"ki\nnd": {"const": "A"}}}
    schema = {"oneOf": [{"$ref": "#/components/schemas/A\nB"}], "discriminator": kinds}
    before, after = corrected(saved(answering(schema, {"A\nB": branch})), tmp_path)
    assert {"document.tag-not-required", "document.mapping-not-string"} <= rules_of(before)
    assert after.findings == ()
    overlay = load_overlay(tmp_path / "fix.yaml")
    text = (tmp_path / "fix.yaml").read_text("utf-8")
    assert len(overlay.actions) == len(before.corrections())
    assert all(f"  # {finding.rule}:" in text for finding in before.findings)
