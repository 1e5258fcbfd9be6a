"""The house rules that a machine can hold: imports go one way, and no file of the API's is spelled twice."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from contracts.openapi import load
from contracts.openapi.overlay import PINNED_OVERLAY
from contracts.openapi.schema_keywords import subschemas

ROOT = Path(__file__).parents[2]


def test_nothing_earlier_imports_anything_later() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


WINGS = sorted(
    ".".join(file.parent.relative_to(ROOT).parts)
    for package in ("contracts", "strategies")
    for file in ROOT.glob(f"{package}/*/__init__.py")
    if file.parent.name != "commands"  # No wing: nothing imports it but the command line.
)


def names_taken(file: Path) -> Iterator[tuple[str, str]]:
    """The modules of ours that a file imports from, each with the name that it takes."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


@pytest.mark.parametrize("package", ["contracts", "strategies", "tests/api"])
def test_a_wing_is_entered_by_its_face_alone(package: str) -> None:
    faces = {wing: {name for _, name in names_taken(ROOT.joinpath(*wing.split("."), "__init__.py"))} for wing in WINGS}
    files = [ROOT / "conftest.py", *sorted((ROOT / package).rglob("*.py"))]
    wrong = []
    for file in files:
        home = ".".join(file.relative_to(ROOT).parts[:2])
        for module, name in names_taken(file):
            wing = next((each for each in WINGS if f"{module}.".startswith(f"{each}.")), None)
            if wing and wing != home and not (module == wing and name in faces[wing]):
                wrong.append(f"{file.relative_to(ROOT)}: from {module} import {name}")
    assert not wrong


def test_every_name_that_a_face_hands_out_is_used_outside_its_wing() -> None:
    taken = {
        pair
        for package in ("contracts", "strategies", "tests")
        for file in [ROOT / "conftest.py", *(ROOT / package).rglob("*.py")]
        for pair in names_taken(file)
        if ".".join(file.relative_to(ROOT).parts[:2]) != pair[0]
    }
    for wing in WINGS:
        handed_out = {name for _, name in names_taken(ROOT.joinpath(*wing.split("."), "__init__.py"))}
        assert {name for name in handed_out if (wing, name) not in taken} == set(), wing


def test_no_module_leads_back_to_itself() -> None:
    files = [file for package in ("contracts", "strategies") for file in (ROOT / package).rglob("*.py")]
    names = {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}
    graph = {
        name: {inner if (inner := f"{module}.{part}") in names else module for module, part in names_taken(file)}
        for name, file in names.items()
    }
    # A face imports all of its wing, whose modules import one another by their own names.
    list(TopologicalSorter({name: used for name, used in graph.items() if name not in WINGS}).static_order())


def test_no_test_module_imports_another() -> None:
    for file in (ROOT / "tests").rglob("test_*.py"):
        taken = {module for module, _ in names_taken(file)}
        assert [module for module in taken if ".test_" in module] == [], file


def test_every_wing_says_what_it_hides_and_what_it_hands_out() -> None:
    for wing in WINGS:
        described = importlib.import_module(wing).__doc__ or ""
        assert "Hides " in described, wing
        assert "Hands\nout" in described or "Hands out" in described, wing


@pytest.mark.parametrize("package", ["contracts", "strategies"])
def test_no_code_names_a_part_of_the_api(package: str) -> None:
    document = load(overlays=[PINNED_OVERLAY])
    schemas = document.contents["components"]["schemas"]
    names = {
        name
        for schema in schemas.values()
        for path, _ in subschemas(schema)
        for name in path
        if path[0] == "properties"
    }
    values = {value for schema in schemas.values() for value in schema.get("enum", ())}
    tags = {tag for union in document.unions.values() for tag in union.tags}
    # Words that the field uses for other things too.
    telling = {*schemas, *names, *values, *tags} - {
        "id",
        "type",
        "input",
        "status",
        "detail",
        "output",
        "ctx",
        "msg",
        "loc",
    }
    telling -= {"user", "suffix", "properties"}
    for file in sorted((ROOT / package).rglob("*.py")):
        text = file.read_text("utf-8")
        assert not [name for name in telling if f'"{name}"' in text or f"'{name}'" in text], file


def faults_of_size(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """What is too long about a function."""
    taken = [each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    if len([each for each in taken if each not in ("self", "cls")]) > 7:
        yield f"{node.name} takes more than 7 parameters"
    if node.end_lineno and node.end_lineno - node.lineno >= 40:
        yield f"{node.name} has more than 40 lines"


@pytest.mark.parametrize("package", ["contracts", "strategies", "tests"])
def test_modules_and_functions_are_short(package: str) -> None:
    found = []
    for file in [ROOT / "conftest.py", *sorted((ROOT / package).rglob("*.py"))]:
        text, name = file.read_text("utf-8"), file.relative_to(ROOT)
        found += [f"{name} has more than 400 lines"] if text.count("\n") > 400 else []
        nodes = ast.walk(ast.parse(text))
        functions = [each for each in nodes if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
        found += [f"{name}: {fault}" for each in functions for fault in faults_of_size(each)]
    assert found == []
