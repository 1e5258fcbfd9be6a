"""References to files beside the document are followed; nothing is fetched, and nothing outside its folder is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.judge import compiled
from contracts.openapi import Document, DocumentError, load

LAMP = {"type": "object", "required": ["lamp"], "properties": {"lamp": {"type": "string"}}}


def write(folder: Path, **files: Any) -> Path:
    for name, contents in files.items():
        file = folder / f"{name.replace('__', '/')}.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(contents if isinstance(contents, str) else yaml.safe_dump(contents))
    return folder / "api.yaml"


def api(reference: str, **others: Any) -> dict[str, Any]:
    paths = {
        f"/{name}": {
            "get": {
                "responses": {"200": {"description": "", "content": {"application/json": {"schema": {"$ref": each}}}}}
            }
        }
        for name, each in {"lamps": reference, **others}.items()
    }
    schemas = {"Own": LAMP, "Far": {"$ref": "parts/lamp.yaml"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "", "version": ""},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def judges(document: Document) -> bool:
    """Return whether the document's first success has to be a lamp."""
    pointer = next(iter(document.operations[0].responses[0].content.values()))
    assert pointer is not None
    is_valid = compiled(document).is_valid
    return is_valid(pointer, {"lamp": "a"}) and not is_valid(pointer, {"lamp": 5}) and not is_valid(pointer, {})


@pytest.mark.parametrize(
    "reference",
    [
        "parts/lamp.yaml",
        "./parts/lamp.yaml",
        "parts/lamp.yaml#",
        "parts/all.yaml#/Lamp",
        "parts/all.yaml#/Again",
        "parts/all.yaml#/Round",
        "parts/all.yaml#/Back",
        "parts/with%20blank.yaml#/$defs/Lamp",
        "api.yaml#/components/schemas/Own",
        "#/components/schemas/Far",
    ],
)
def test_a_schema_is_read_from_the_file_beside(tmp_path: Path, reference: str) -> None:
    parts = {
        "Lamp": LAMP,
        "Again": {"$ref": "#/Lamp"},
        "Round": {"$ref": "../parts/all.yaml#/Lamp"},
        "Back": {"$ref": "../api.yaml#/components/schemas/Own"},
    }
    files = {"parts__lamp": LAMP, "parts__all": parts, "parts__with blank": {"$defs": {"Lamp": LAMP}}}
    assert judges(load(write(tmp_path, api=api(reference), **files)))


def test_whole_objects_of_openapi_may_stand_in_other_files(tmp_path: Path) -> None:
    contents = api("#/components/schemas/Own")
    item = contents["paths"].pop("/lamps")
    contents["paths"]["/lamps"] = {"$ref": "lamps.yaml#/item"}
    response = item["get"]["responses"]["200"]
    item["get"]["responses"]["200"] = {"$ref": "answers.yaml#/Lamp"}
    response["content"]["application/json"]["schema"] = {"$ref": "api.yaml#/components/schemas/Own"}
    assert judges(load(write(tmp_path, api=contents, lamps={"item": item}, answers={"Lamp": response})))


def test_files_that_refer_to_each_other_are_read_once(tmp_path: Path) -> None:
    lamp = {**LAMP, "properties": {"lamp": {"type": "string"}, "room": {"$ref": "room.yaml"}}}
    room = {"type": "object", "properties": {"lamps": {"type": "array", "items": {"$ref": "lamp.yaml"}}}}
    assert judges(load(write(tmp_path, api=api("lamp.yaml"), lamp=lamp, room=room)))


@pytest.mark.parametrize(
    ("reference", "problem", "fix"),
    [
        ("none.yaml", "refers to another file: none.yaml, which cannot be read", "correct the reference"),
        ("bad.yaml", "is neither YAML nor JSON", "correct the reference"),
        ("ring.yaml", "refers back to itself endlessly", "a part of the instance"),
        ("lamp.yaml#/nowhere", "dangles: nothing stands at", "that exists"),
        ("../lamp.yaml", "refers to a file outside the document's folder: ../lamp.yaml", "move the file there"),
        ("/etc/hostname", "outside the document's folder", "move the file there"),
        ("https://lamps.example/lamp.yaml", "refers to a URL, which is not fetched", "save it beside the document"),
        ("file:///etc/hostname", "refers to a URL, which is not fetched", "save it beside the document"),
        ("//lamps.example/lamp.yaml", "refers to a URL, which is not fetched", "save it beside the document"),
    ],
)
def test_a_reference_that_is_not_followed_leaves_its_operation_out(
    tmp_path: Path, reference: str, problem: str, fix: str
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    write(tmp_path, lamp=LAMP)
    files = {"lamp": LAMP, "bad": "a: [", "ring": {"$ref": "ring2.yaml"}, "ring2": {"$ref": "ring.yaml"}}
    document = load(write(home, api=api(reference, rooms="#/components/schemas/Own"), **files))
    (lost,) = document.left_out
    assert lost.path == "/lamps"
    assert problem in lost.reasons[0].problem
    assert fix in lost.reasons[0].fix


def test_the_hash_changes_with_every_file(tmp_path: Path) -> None:
    file = write(tmp_path, api=api("lamp.yaml"), lamp=LAMP)
    before = load(file).sha256
    write(tmp_path, lamp={**LAMP, "title": "a lamp"})
    assert load(file).sha256 != before


def test_references_in_examples_are_data(tmp_path: Path) -> None:
    contents = api("#/components/schemas/Own")
    contents["components"]["schemas"]["Own"] = {**LAMP, "examples": [{"$ref": "none.yaml"}]}
    assert load(write(tmp_path, api=contents)).left_out == ()


@pytest.mark.parametrize("levels", [9, 30])
def test_aliases_that_multiply_are_refused_before_they_are_copied(tmp_path: Path, levels: int) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    with pytest.raises(DocumentError, match="holds more than 5,000,000 values; use fewer aliases"):
        load(write(tmp_path, api="\n".join(lines)))
