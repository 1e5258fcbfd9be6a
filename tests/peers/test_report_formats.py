"""Reports in public formats, compared with the schemas that are published for them."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry
from referencing.jsonschema import DRAFT6

from contracts.reports import change_sarif, har, sarif
from tests.support import pages
from tests.support.pet_verdicts import BODIES, exchanges, verdict_of

MODULES = Path(os.environ["NODE_MODULES"])


def errors(schema: Any, value: Any, registry: Any = None) -> list[str]:
    kind = jsonschema.validators.validator_for(schema)
    validator = kind(schema, **({"registry": registry} if registry else {}))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


@pytest.mark.parametrize("bodies", [BODIES, BODIES[:1], []], ids=["violating", "conforming", "nothing"])
def test_sarif_fits_its_schema(bodies: list[Any]) -> None:
    schema = json.loads((MODULES / "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json").read_text("utf-8"))
    text = io.StringIO()
    sarif.render(sarif.log(verdict_of(*bodies)), text)
    assert errors(schema, {"version": "2.1.0"})
    assert errors(schema, json.loads(text.getvalue())) == []


def test_what_changed_between_documents_fits_the_schema_of_sarif(tmp_path: Path) -> None:
    schema = json.loads((MODULES / "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json").read_text("utf-8"))
    result = pages.changes(tmp_path / "documents")
    log = change_sarif.log(result)
    assert {each["level"] for each in log["runs"][0]["results"]} == {"error", "warning", "note"}
    assert any(each.get("suppressions") for each in log["runs"][0]["results"])
    assert errors(schema, log) == []
    # In the log of a run they are among its violations.
    log = sarif.log(verdict_of(*BODIES))
    count = len(log["runs"][0]["results"])
    change_sarif.add_to(log, result)
    assert len(log["runs"][0]["results"]) > count > 0
    assert errors(schema, log) == []


def test_the_archive_fits_its_schema() -> None:
    schemas = [json.loads(file.read_text("utf-8")) for file in (MODULES / "har-schema/lib").glob("*.json")]
    resources = [(schema["$id"].rstrip("#"), DRAFT6.create_resource(schema)) for schema in schemas]
    registry: Any = Registry().with_resources(resources)
    text = io.StringIO()
    har.render(exchanges(), text)
    archive = json.loads(text.getvalue())
    assert len(archive["log"]["entries"]) == len(exchanges())
    schema = {"$schema": "http://json-schema.org/draft-06/schema#", "$ref": "har.json"}
    assert errors(schema, {"log": {}}, registry)
    assert errors(schema, archive, registry) == []
