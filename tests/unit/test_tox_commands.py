"""Every environment of tox that a document names exists, and has the options that it is given."""

from __future__ import annotations

import configparser
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLUGINS = {"-k", "--ctrf"}
"""Options of pytest itself and of plugins that a document tells to install."""
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


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


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
def test_every_environment_that_a_document_names_exists_and_has_the_options_it_gives(file: Path) -> None:
    for names, given in commands(file.read_text()):
        if "$" in names:
            continue
        for name in names.split(","):
            assert name in environments(), f"{file.name} names {name}"
            if given and environments()[name].startswith(("pytest tests/api", "contract")):
                assert {*given} <= options(environments()[name].splitlines()[0]) | PLUGINS, name
