"""Help, errors of usage and explanations are there at once: nothing that judges is imported for them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from contracts.__main__ import COMMANDS

ROOT = Path(__file__).parents[2]

SPIED = """
import json, sys
from contracts.__main__ import main
try:
    code = main(sys.argv[1:])
except SystemExit as end:
    code = end.code
print(json.dumps([code, sorted(sys.modules)]))
"""

NEEDED = {"__main__", "broken_pipe", "commands", "errors", "options", "rules"}
"""What stands below the wings, and the commands."""


def loaded(*words: str) -> tuple[int, set[str]]:
    """Return the exit code of a command in a fresh process, and the packages, and modules of ours, that it imported."""
    done = subprocess.run(
        [sys.executable, "-c", SPIED, *words], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    code, modules = json.loads(done.stdout.splitlines()[-1])
    return code or 0, {".".join(name.split(".")[:2]) if name.startswith("contracts") else name for name in modules}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param(words.split(), code, id=words or "no command")
        for words, code in [
            ("", 4),
            ("--help", 0),
            ("--version", 0),
            ("verfy", 4),
            *((f"{command} --help", 0) for command in COMMANDS),
            *((f"{command} --no-such-option", 4) for command in COMMANDS),
            ("verify --timeout soon", 4),
            ("rules", 0),
            ("explain", 0),
            ("explain schema.enum", 0),
            ("explain schema.enums", 4),
        ]
    ],
)
def test_nothing_that_judges_is_imported_before_a_command_works(words: list[str], code: int) -> None:
    ended, modules = loaded(*words)
    assert ended == code
    assert {name.partition(".")[2] for name in modules if name.startswith("contracts.")} <= NEEDED
    installed = {name.partition(".")[0] for name in modules} - sys.stdlib_module_names
    explains = words[:1] in (["rules"], ["explain"]) and words[1:] not in (["--help"], ["--no-such-option"])
    ours = {"contracts", *({"yaml", "_yaml"} if explains else ())}
    assert {name for name in installed if "cython" not in name} <= ours | at_start()


@cache
def at_start() -> set[str]:
    """What Python imports as it starts, such as the editable installs of an environment."""
    done = subprocess.run([sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.decode().split()} - sys.stdlib_module_names


def test_the_first_run_in_a_new_checkout_works_out_no_table_of_what_a_codec_has(tmp_path: Path) -> None:
    document = ROOT / "tests/mutation/plain.openapi.yaml"
    options = ("--document", str(document), "--no-overlay", "--plan-requests", "80")
    command = [sys.executable, "-m", "contracts", "verify", "--no-progress", *options]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HYPOTHESIS_")}
    done = subprocess.run(command, cwd=tmp_path, env={**clean, "PYTHONPATH": str(ROOT)}, check=False, timeout=60)
    assert done.returncode in (0, 6)
    # Hypothesis keeps what it worked out once; a table of a codec costs a second of the processor.
    kept = [file.name for file in tmp_path.rglob("*.json.gz")]
    assert kept == ["charmap.json.gz"]


def test_a_test_module_of_ones_own_pays_nothing_before_the_first_response() -> None:
    code = "import sys; from contracts import assert_conforms, load; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"jsonschema", "requests", "yaml", "contracts.openapi", "contracts.judge"} & {*done.stdout.split()}


@pytest.mark.parametrize(("options", "is_loaded"), [((), False), (("--changes-since", "pinned"), True)])
def test_what_compares_documents_is_loaded_for_a_run_that_compares_alone(
    options: tuple[str, ...], is_loaded: bool
) -> None:
    code, modules = loaded("verify", "--no-progress", "--max-requests", "1", *options)
    assert code == 6
    assert ("contracts.changes" in modules) == is_loaded
