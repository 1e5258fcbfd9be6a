"""The pytest plugin in projects of others: what their tests are told, what the end of their session says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.projects import session, write
from tests.support.suite import ROOT
from tests.support.tiny import JSON, PETS

PET = {"$ref": "#/components/schemas/Pet"}
HOME = {
    "type": "object",
    "properties": {"size": {"enum": ["big", "small"]}, "pet": PET, "built": {"type": "integer", "x-immutable": True}},
    "required": ["size"],
}
CONTENTS: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Homes", "version": "7"},
    "paths": {
        "/homes/{home}": {
            "get": {
                "parameters": [{"name": "home", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {
                    "200": {"description": "", "content": {JSON: {"schema": HOME}}},
                    "404": {"description": "", "content": {JSON: {"schema": {"type": "object"}}}},
                },
            }
        },
        "/garden": {"get": {"responses": {"200": {"description": "", "content": {JSON: {"schema": {}}}}}}},
    },
    "components": {"schemas": PETS},
}

RIGHT = """
    import pytest

    JSON = {"Content-Type": "application/json"}
    BODIES = ['{"size": "big", "pet": {"kind": "CAT"}}', '{"size": "big", "pet": {"kind": "DOG", "toys": {}}}']

    @pytest.mark.parametrize("number", range(8))
    def test_right(contract, number):
        contract((200, JSON, BODIES[number % 2]), path="/homes/one")
"""
SEEN = (
    "your tests showed 12 of 27 promises; never EEL, never 404, never 200/size small, "
    "never 200/pet absent and 5 more; nothing asked GET /garden"
)
WRONG = """
    JSON = {"Content-Type": "application/json"}

    def test_wrong(contract):
        contract((200, JSON, '{"size": "smal"}'), path="/homes/two")
"""
REPORTS = [
    "exchanges.har",
    "gl-code-quality.json",
    "junit.xml",
    "report.html",
    "report.json",
    "report.md",
    "report.sarif",
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose configuration names its document."""
    (tmp_path / "homes.json").write_text(json.dumps(CONTENTS))
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\ncontract_document = "homes.json"\n')
    return tmp_path


def recorded(folder: Path) -> int:
    """Return the number of exchanges in the archive of the reports."""
    return len(json.loads((folder / "exchanges.har").read_text())["log"]["entries"])


def test_the_session_ends_with_how_much_of_the_document_the_tests_showed(project: Path) -> None:
    result = session(write(project, test_right=RIGHT))
    assert (result.code, result.said) == (0, [SEEN]), result.output


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_a_test_fails_in_the_words_of_a_verdict_and_the_reports_are_those_of_a_run(
    project: Path, workers: tuple[str, ...]
) -> None:
    result = session(write(project, test_right=RIGHT, test_wrong=WRONG), "--report-dir", "reports", *workers)
    assert result.code == 1
    words = 'schema.enum at /size of 200: expected "big" or "small", got "smal"; did it mean "small"?'
    assert f"E         {words}" in result.output
    assert "/contracts/" not in result.output, "no frame of the plugin is shown"
    assert result.said[0].startswith("your tests showed 13 of 27 promises; never EEL, never 404, never 200/size small")
    assert result.said[1].startswith("VIOLATES  1 distinct violation in 9 answers; ")
    assert result.said[1].endswith(" (reports in reports)")
    assert sorted(file.name for file in (project / "reports").iterdir()) == REPORTS
    report = json.loads((project / "reports" / "report.json").read_text())
    assert [each["rule"] for each in report["violations"]] == ["schema.enum"]
    assert recorded(project / "reports") == 9


def test_a_violation_that_a_waiver_covers_fails_no_test(project: Path) -> None:
    waivers = '[[waiver]]\nrule = "schema.enum"\nplace = "/size"\nreason = "old"\nowner = "us"\nexpires = 2999-12-31\n'
    (project / "waivers.toml").write_text(waivers)
    result = session(write(project, test_wrong=WRONG), "--contract-waivers", "waivers.toml", "--report-dir", "reports")
    assert result.code == 0, result.output
    assert result.said[1].startswith(
        "CONFORMS  1 answer kept what the document promises, except for 1 waived violation"
    )


def test_answers_are_judged_alone_because_each_test_begins_with_other_data(project: Path) -> None:
    tests = """
        JSON = {"Content-Type": "application/json"}

        def test_one(contract):
            contract((200, JSON, '{"size": "big", "built": 1990}'), path="/homes/one")

        def test_two(contract):
            contract((200, JSON, '{"size": "big", "built": 2020}'), path="/homes/one")
    """
    result = session(write(project, test_homes=tests))
    assert result.code == 0, result.output


def test_a_session_that_judges_nothing_is_as_ever(project: Path) -> None:
    write(project, test_other="def test_other():\n    pass\n")
    result = session(project)
    assert (result.code, result.said) == (0, [])
    result = session(project, "--report-dir", "reports")
    assert result.code == 0
    assert result.said == ["no test called the fixture `contract`, so that no reports were written to reports"]
    assert not (project / "reports").exists()


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "a worker"])
def test_a_session_that_stops_at_a_failure_tells_what_it_saw(project: Path, workers: tuple[str, ...]) -> None:
    result = session(write(project, test_a_wrong=WRONG, test_right=RIGHT), "-x", "--report-dir", "reports", *workers)
    assert result.code in (1, 2)
    assert "VIOLATES  1 distinct violation in " in result.said[1]
    assert "; stopped early: stopping after 1 failures" in result.said[1]


INTERRUPTED = """
    import os, signal

    def test_z_interrupted(contract):
        contract((200, {"Content-Type": "application/json"}, '{"size": "small"}'), path="/homes/one")
        os.killpg(0, signal.SIGINT)
        signal.pause()
"""


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "a worker"])
def test_an_interrupted_session_tells_what_it_saw(project: Path, workers: tuple[str, ...]) -> None:
    result = session(write(project, test_a=RIGHT, test_z=INTERRUPTED), "--report-dir", "reports", *workers)
    assert result.code == 2, result.output
    assert re.match(r"your tests showed \d+ of 27 promises; never EEL", result.said[0]), result.output
    assert result.said[1].startswith("INCONCLUSIVE  the tests were interrupted; ")
    assert sorted(file.name for file in (project / "reports").iterdir()) == REPORTS


def test_of_a_worker_that_dies_all_but_its_last_test_counts(project: Path) -> None:
    write(project, test_a=RIGHT, test_z="import os\n\ndef test_z_dies():\n    os._exit(7)\n")
    result = session(project, "-n", "1", "--report-dir", "reports")
    assert result.code == 1
    assert result.said[0] == SEEN
    assert "gw0 died, and what its last test showed is lost" in result.said[1]


def test_paths_in_a_configuration_file_begin_at_its_folder(project: Path) -> None:
    (project / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\ncontract_document = "homes.json"\ncontract_server = "/api"\n'
        'contract_report_dir = "made/reports"\ncontract_redact = ["/size"]\n'
    )
    inner = project / "inner"
    inner.mkdir()
    write(inner, test_right=RIGHT.replace('path="/homes', 'path="/api/homes'))
    result = session(inner)
    assert result.code == 0, result.output
    assert result.said[1].endswith(f"(reports in {project / 'made' / 'reports'})")
    exchanges = (project / "made" / "reports" / "exchanges.har").read_text()
    assert "[redacted]" in exchanges
    assert "big" not in exchanges


def test_an_option_goes_before_the_configuration_file_and_a_conftest_may_name_the_plugin(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.pytest.ini_options]\ncontract_document = "missing.json"\n')
    write(project, conftest='pytest_plugins = ["contracts.pytest_plugin"]\n', test_right=RIGHT)
    result = session(project, "--contract-document", "homes.json", plugin=False)
    assert (result.code, result.said) == (0, [SEEN]), result.output


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--contract-document=missing.json", "missing.json: cannot be read: No such file or directory"),
        ("--contract-overlay=fastap", "--contract-overlay fastap is no file, and no overlay of that name comes along"),
    ],
)
def test_what_makes_no_sense_is_one_line(project: Path, option: str, words: str) -> None:
    result = session(write(project, test_right=RIGHT), option)
    assert result.code == 4
    assert result.errors.strip().startswith(f"ERROR: {words}")
    assert len(result.errors.strip().splitlines()) == 1


def test_in_a_worker_what_makes_no_sense_fails_each_test_by_one_line(project: Path) -> None:
    result = session(write(project, test_wrong=WRONG), "--contract-redact=size", "-n", "1")
    assert result.code == 1
    assert "\n--contract-redact 'size' is no JSON pointer; write it as /name/*/name\n" in result.output
    assert "Traceback" not in result.output
    assert "pytest_plugin.py" not in result.output


def test_an_environment_variable_that_holds_a_key_is_left_to_the_tests(project: Path) -> None:
    (project / "conftest.py").write_text("import os\nos.environ['SGP_API_KEY'] = 'canary-canary-canary'\n")
    test = "import os\n\ndef test_key(contract):\n    assert os.environ['SGP_API_KEY']\n"
    result = session(write(project, test_key=test), "-o", "contract_document=", "--report-dir", "reports")
    assert result.code == 0, result.output


def test_the_tests_of_the_standin_judge_it_in_process() -> None:
    result = session(ROOT, "tests/standin", plugin=False)
    assert result.code == 0, result.output
    assert re.fullmatch(r"your tests showed \d+ of 107 promises; never 200/.*", result.said[0]), result.said


def test_the_harness_own_options_and_the_plugin_get_along(tmp_path: Path) -> None:
    options = ("tests/unit/test_architecture.py", "--collect-only", "-q", "--report-dir", str(tmp_path))
    result = session(ROOT, *options)
    assert result.code == 0, result.output + result.errors
