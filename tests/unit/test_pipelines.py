"""The pipelines under docs/ are YAML, and every environment and option that they name is there."""

from __future__ import annotations

import configparser
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PIPELINES = sorted((ROOT / "docs").glob("*.yml"))
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *PIPELINES]


@cache
def environments() -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "tox.ini")
    return {
        name.removeprefix("testenv:"): section.get("commands", "")
        for name, section in parser.items()
        if name.startswith("testenv:")
    }


@cache
def options(command: str) -> frozenset[str]:
    """The options that the command's help names."""
    words = shlex.split(command.replace("{posargs}", ""))
    module = "contracts" if words[0] == "contract" else words[0]
    python = [sys.executable, "-m", module, *words[1:]]
    told = subprocess.run([*python, "--help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return frozenset(re.findall(r"(?<![\w-])--?[a-z][a-z0-9-]*", told))


def commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each tox command in the text: its environment, and the options behind `--`."""
    joined = re.sub(r"\\\n\s*", " ", text)
    for found in re.finditer(r"tox run -e \"?([^\s\"`]+)[^\n`]*?(?: -- ([^\n`]*))?(?=\n|`|$)", joined):
        rest = (found[2] or "").partition("    #")[0]
        yield found[1], re.findall(r"(?<![\w-])--?[a-z][a-z0-9-]*", rest)


def scripts(node: Any) -> Iterator[str]:
    """Every command of a pipeline, wherever it stands."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name in ("run", "script", "before_script"):
                yield from [value] if isinstance(value, str) else value
            else:
                yield from scripts(value)
    elif isinstance(node, list):
        for value in node:
            yield from scripts(value)


@pytest.mark.parametrize("file", PIPELINES, ids=lambda file: file.name)
def test_a_pipeline_is_yaml_whose_commands_have_the_options_it_gives(file: Path) -> None:
    pipeline = yaml.safe_load(file.read_text())
    found = list(scripts(pipeline))
    assert found
    known = options("pytest tests/api") | options("contract merge")
    for script in found:
        assert subprocess.run(["bash", "-n", "-c", script], check=False).returncode == 0
        assert {*re.findall(r"(?<![\w-])--[a-z][a-z-]*", script)} <= known | {"--quiet"}, script


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
def test_every_environment_that_a_document_names_exists_and_has_the_options_it_gives(file: Path) -> None:
    for names, given in commands(file.read_text()):
        if "$" in names:
            continue
        for name in names.split(","):
            assert name in environments(), f"{file.name} names {name}"
            if given and environments()[name].startswith(("pytest tests/api", "contract")):
                assert {*given} <= options(environments()[name].splitlines()[0]) | {"-k"}, name
