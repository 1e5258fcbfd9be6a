"""Each rule about documents: a tiny document that breaks it, and the nearest one that keeps it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.judge import compiled
from contracts.rules import DOCUMENT_RULES, NOTES
from tests.support.auditing import audited, audited_file, rules_of
from tests.support.contents import CLEAN, Contents, answering, operation, pets, read, response
from tests.support.tiny import PETS

KIND = {"propertyName": "kind"}
CAT, DOG = "#/components/schemas/Cat", "#/components/schemas/Dog"
OPEN = {name: value for name, value in CLEAN.items() if name != "additionalProperties"}


def optional(*names: str) -> Contents:
    return {"type": "object", "properties": {name: {"type": "string"} for name in names}}


def loose(name: str, **kind: Any) -> Contents:
    """A branch of pets whose tag has another schema."""
    return {**PETS[name], "required": ["kind"], "properties": {"kind": {"type": "string", **kind}}}


def of_resource(*statuses: str, **more: Any) -> Contents:
    return operation(dict.fromkeys(statuses, response(CLEAN)), path="/things/{thing}", **more)


BROKEN_AND_KEPT: dict[str, list[tuple[Contents, Contents]]] = {
    "document.union-ambiguous": [
        (pets(Cat=PETS["Cat"], Dog=PETS["Dog"]), pets()),
        (
            answering({"oneOf": [{"type": ["string", "null"]}, {"type": ["integer", "null"]}]}),
            answering({"anyOf": [{"type": ["string", "null"]}, {"type": ["integer", "null"]}]}),
        ),
    ],
    "document.branches-indistinct": [
        (
            answering({"oneOf": [{"type": "integer"}, {"type": "number"}]}),
            answering({"oneOf": [{"type": "integer"}, {"type": "null"}]}),
        ),
        (pets(KIND, Dog=loose("Dog", const="CAT")), pets(KIND)),
    ],
    "document.tag-not-required": [(pets(Cat=PETS["Cat"]), pets())],
    "document.tag-undeclared": [(pets(Cat=loose("Cat")), pets(Cat=loose("Cat", enum=["CAT"])))],
    "document.mapping-not-string": [
        (pets({**KIND, "mapping": {"CAT": {"$ref": CAT}}}), pets({**KIND, "mapping": {"CAT": CAT}}))
    ],
    "document.mapping-dangling": [
        (pets({**KIND, "mapping": {"CAT": CAT + "fish"}}), pets({**KIND, "mapping": {"CAT": "Cat"}})),
        (
            pets({**KIND, "mapping": {"FOX": "#/components/schemas/Fox"}}, Fox=CLEAN),
            pets({**KIND, "mapping": {"DOG": DOG}}),
        ),
    ],
    "document.unsatisfiable": [
        (answering({"type": "string", "enum": []}), answering({"type": "string", "enum": ["a"]})),
        (
            answering({"allOf": [OPEN], "additionalProperties": False}),
            answering({"allOf": [OPEN], "unevaluatedProperties": False}),
        ),
    ],
    "document.body-admits-everything": [
        (answering({"title": "Anything"}), answering({"type": "string"})),
        (
            operation({"200": {"description": "", "content": {"application/json": {}}}}),
            operation({"200": {"description": "", "content": {"*/*": {}}}}),
        ),
    ],
    "document.requires-nothing": [(answering(optional("name")), answering({**optional("name"), "required": ["name"]}))],
    "document.properties-optional": [
        (answering(optional("name", "size")), answering({**optional("name", "size"), "required": ["size"]})),
        (answering({"type": "array", "items": optional("name", "size")}), answering({"type": "array", "items": CLEAN})),
    ],
    "document.default-invalid": [
        (answering({"type": "integer", "default": "1"}), answering({"type": "integer", "default": 1}))
    ],
    "document.example-invalid": [
        (answering({"type": "integer", "examples": [1, "1"]}), answering({"type": "integer", "examples": [1, 2]})),
        (answering({"type": "integer", "example": "1"}), answering({"type": "integer", "example": 1})),
        (answering({"type": "integer"}, example="1"), answering({"type": "integer"}, example=1)),
        (
            answering({"type": "integer"}, examples={"one": {"value": "1"}}),
            answering({"type": "integer"}, examples={"one": {"value": 1}}),
        ),
    ],
    "document.openapi-3.0": [
        (answering({"type": "string", "nullable": True}), answering({"type": ["string", "null"]})),
        (
            answering({"type": "integer", "minimum": 1, "exclusiveMinimum": True}),
            answering({"type": "integer", "exclusiveMinimum": 1}),
        ),
    ],
    "document.error-undocumented": [
        (of_resource("200"), of_resource("200", "404")),
        (of_resource("200"), of_resource("200", "default")),
        (of_resource("200", "404", security=[{"Key": []}]), of_resource("200", "4XX", security=[{"Key": []}])),
    ],
    "document.unjudged": [
        (
            operation({"200": response(CLEAN), "404": response({"$ref": "http://h/x.json"})}),
            operation({"200": response(CLEAN), "404": response(CLEAN)}),
        )
    ],
    "document.undeclared-properties": [(answering(OPEN), answering(CLEAN))],
    "document.admits-everything": [
        (
            answering({"type": "array", "items": {"title": "Any"}}),
            answering({"type": "array", "items": {"type": "null"}}),
        )
    ],
    "document.format-unasserted": [
        (answering({"type": "string", "format": "moon"}), answering({"type": "string", "format": "uuid"}))
    ],
    "document.keyword-ignored": [
        (answering({"type": "string", "maxLenght": 3}), answering({"type": "string", "x-maxLenght": 3}))
    ],
    "document.discriminator-ignored": [
        (answering({**CLEAN, "discriminator": {"propertyName": "name"}}), answering(CLEAN))
    ],
    "document.invalid-input-unprovoked": [
        (
            of_resource("200", "404", "422"),
            of_resource("200", "404", "422", parameter={"type": "string", "pattern": "^a"}),
        ),
        (of_resource("200", "404", "422", parameter={"title": "Thing"}), of_resource("200", "404")),
    ],
    "document.security-contradicted": [
        (
            of_resource(
                "200", "4XX", security=[], **{"x-codeSamples": [{"lang": "Python", "source": "Client(api_key=key)"}]}
            ),
            of_resource("200", "4XX", security=[], **{"x-codeSamples": [{"lang": "Python", "source": "Client()"}]}),
        )
    ],
}
"""Rule to pairs of documents: the first breaks it, the second does not."""

PAIRS = [
    pytest.param(rule, broken, kept, id=f"{rule} {number}")
    for rule, pairs in BROKEN_AND_KEPT.items()
    for number, (broken, kept) in enumerate(pairs)
]


def test_every_rule_about_documents_has_a_document_that_breaks_it() -> None:
    assert {*BROKEN_AND_KEPT, "document.overlay-idle"} == {*DOCUMENT_RULES}
    assert {*DOCUMENT_RULES} > NOTES


@pytest.mark.parametrize(("rule", "broken", "kept"), PAIRS)
def test_a_rule_finds_what_breaks_it_and_nothing_in_what_keeps_it(rule: str, broken: Contents, kept: Contents) -> None:
    found = audited(read(broken))
    assert rule in rules_of(found)
    assert found.exit_code == int(bool({*rules_of(found)} - NOTES))
    assert rule not in rules_of(audited(read(kept)))


@pytest.mark.parametrize(("rule", "broken", "kept"), PAIRS)
def test_a_finding_says_where_what_and_what_to_do_in_one_line_each(rule: str, broken: Contents, kept: Contents) -> None:
    document = read(broken)
    found = audited(document)
    for finding in (*found.findings, *found.notes):
        assert finding.rule in DOCUMENT_RULES
        assert all(place.startswith("#") for place in finding.places)
        for words in (finding.what, finding.correction.words):
            assert words
            assert len(words.splitlines()) == 1


@pytest.mark.parametrize(("rule", "broken", "kept"), PAIRS)
def test_what_is_shown_passes_or_fails_by_the_schema_it_is_shown_of(
    rule: str, broken: Contents, kept: Contents
) -> None:
    document = read(broken)
    found = audited(document)
    for finding in (*found.findings, *found.notes):
        place = finding.places[0]
        if finding.shown is None or place not in document.schemas or finding.rule.startswith("document.tag-"):
            continue  # A value without its tag passes JSON Schema, and not the judge.
        assert compiled(document).is_valid(place, json.loads(finding.shown.text)) == finding.shown.passes, finding


def test_a_document_without_a_flaw_has_no_findings_and_no_notes() -> None:
    found = audited(read(answering(CLEAN)))
    assert (found.findings, found.notes, found.exit_code) == ((), (), 0)


def test_undeclared_properties_are_findings_only_if_objects_are_to_be_closed() -> None:
    document = read(answering(OPEN))
    assert audited(document).exit_code == 0
    (finding,) = audited(document, closed=True).findings
    assert finding.rule == "document.undeclared-properties"
    assert finding.correction.actions


def test_findings_in_the_same_words_are_one_with_every_place() -> None:
    wrong = {"type": "integer", "default": "1"}
    found = audited(read(answering({**CLEAN, "properties": {"name": wrong, "size": wrong}})))
    (finding,) = found.findings
    assert [place.split("/")[-2] for place in finding.places] == ["name", "size"]
    assert len(finding.correction.actions) == 2


def test_a_part_that_cannot_be_judged_hides_nothing_and_is_not_misread_as_one_that_admits_everything() -> None:
    bad = {"$ref": "http://h/x.json"}
    schemas = {"Bad": {"type": "object", "required": ["it"], "properties": {"it": bad}}}
    either = {"oneOf": [{"$ref": "#/components/schemas/Bad"}, CLEAN]}
    found = audited(
        read(
            operation({"200": response({"type": "integer", "default": "1"}), "404": response(either)}, schemas=schemas)
        )
    )
    assert [finding.rule for finding in found.findings] == ["document.default-invalid", "document.unjudged"]
    assert found.notes == ()


def test_an_example_of_a_request_may_hold_what_is_write_only() -> None:
    secret = {**CLEAN, "properties": {"name": {"type": "string"}, "pin": {"type": "string", "writeOnly": True}}}
    assert audited(read(answering({**secret, "examples": [{"name": "a", "pin": "b"}]}))).findings == ()


def test_an_action_of_an_overlay_that_changes_nothing_is_found_at_its_line(tmp_path: Path) -> None:
    document, overlay = tmp_path / "it.json", tmp_path / "idle.yaml"
    document.write_text(json.dumps(answering(CLEAN)), "utf-8")
    overlay.write_text(
        "overlay: 1.1.0\ninfo: {title: T, version: '1'}\nactions:\n- target: $.info\n  update: {x-a: 1}\n"
        "- target: $.inof\n  update: {x-a: 1}\n",
        "utf-8",
    )
    found = audited_file(document, overlay)
    (finding,) = found.findings
    assert (finding.rule, finding.places) == ("document.overlay-idle", ("#/actions/1",))
    assert found.origin(finding, "#/actions/1").path == overlay
    assert found.origin(finding, "#/actions/1").line == 6


def test_a_finding_about_what_an_overlay_wrote_points_into_the_overlay(tmp_path: Path) -> None:
    document, overlay = tmp_path / "it.json", tmp_path / "adds.yaml"
    document.write_text(json.dumps(answering({"$ref": "#/components/schemas/It"}, {"It": CLEAN})), "utf-8")
    overlay.write_text(
        "overlay: 1.1.0\ninfo: {title: T, version: '1'}\nactions:\n- target: $.components.schemas.It.properties.name\n"
        "  update:\n    default: 7\n",
        "utf-8",
    )
    found = audited_file(document, overlay)
    (finding,) = found.findings
    origin = found.origin(finding, finding.places[0])
    assert (origin.path, origin.line) == (overlay, 6)
    assert finding.rule == "document.default-invalid"


def test_a_finding_in_another_file_points_there_and_no_overlay_corrects_it(tmp_path: Path) -> None:
    document, other = tmp_path / "it.json", tmp_path / "parts.yaml"
    document.write_text(json.dumps(answering({"$ref": "parts.yaml#/One"})), "utf-8")
    other.write_text("One:\n  type: integer\n  default: one\n", "utf-8")
    found = audited_file(document)
    (finding,) = found.findings
    origin = found.origin(finding, finding.places[0])
    assert (origin.path, origin.line, finding.correction.actions) == (other, 3, ())
    assert found.uncorrected == found.findings
