"""The house rules that a machine can hold: imports go one way, and no file of the API's is spelled twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from contracts.dialect import children
from contracts.document import PINNED_OVERLAY, load

ROOT = Path(__file__).parents[2]


def test_nothing_earlier_imports_anything_later() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("package", ["contracts", "strategies"])
def test_no_code_names_a_part_of_the_api(package: str) -> None:
    document = load(overlays=[PINNED_OVERLAY])
    schemas = document.contents["components"]["schemas"]
    names = {
        name for schema in schemas.values() for path, _ in children(schema) for name in path if path[0] == "properties"
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
