"""`contract mock` as a client team has it: in a process of its own, with answers of its own, or broken ones."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from strategies.answers import catalogue
from strategies.faults import faults
from strategies.mock import named_with_rate
from tests.support.pinned import KNOWN, OPERATION, PARAMETER
from tests.support.suite import CLEAN, ROOT, refused, run_command
from tests.support.tiny import document_of

SHOP = "tests/documents/shop.openapi.yaml"
ORCHARD: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Orchard", "version": "1"},
    "paths": {
        "/trees/{tree}": {
            "get": {
                "parameters": [{"name": "tree", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {
                    "200": {
                        "description": "",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["tree", "kind"],
                                    "properties": {
                                        "tree": {"type": "string", "x-equals": "$request.path.tree"},
                                        "kind": {"enum": ["oak", "elm"]},
                                    },
                                },
                                "examples": {"weed": {"value": {"tree": "", "kind": "nettle"}}},
                            }
                        },
                    },
                    "404": {"description": ""},
                },
            }
        }
    },
}


@dataclass(frozen=True)
class Started:
    """Where the server is, and what it printed at the start."""

    url: str
    lines: list[str]
    process: subprocess.Popen[str]


@contextmanager
def started(*options: str) -> Iterator[Started]:
    command = [sys.executable, "-m", "contracts", "mock", "--port", "0", *options]
    with subprocess.Popen(command, cwd=ROOT, env=CLEAN, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            lines = [process.stdout.readline()]
            while "curl" not in lines[-1] or "fault=" not in lines[-1]:
                lines.append(process.stdout.readline())
                assert lines[-1], lines
            yield Started(lines[0].split()[0], lines, process)
        finally:
            process.terminate()


@pytest.fixture
def orchard(tmp_path: Path) -> Path:
    path = tmp_path / "orchard.json"
    path.write_text(json.dumps(ORCHARD))
    return path


def catalogue_file(folder: Path, answers: dict[str, Any]) -> Path:
    path = folder / "answers.json"
    path.write_text(json.dumps(answers, indent=2))
    return path


def get(url: str, **fields: str) -> requests.Response:
    return requests.get(url, headers=fields, timeout=10)


def test_it_says_where_it_is_what_it_knows_and_how_to_ask() -> None:
    with started("--log") as mock:
        assert f"knows {len(KNOWN)} resources: {', '.join(KNOWN[:3])}, ..." in mock.lines[1]
        commands = [line.strip().partition("  (")[0] for line in mock.lines if line.strip().startswith("curl")]
        statuses = []
        for words in map(shlex.split, commands):
            fields = [word.split(": ", 1) for word in words if word.startswith("Prefer: ")]
            statuses.append(get(words[-1], **dict(fields)).status_code)
        assert statuses[:2] == [200, 422]
        assert len(statuses) == 3
        assert mock.process.stdout is not None
        logged = [mock.process.stdout.readline() for _ in commands]
        assert logged[:2] == [f"GET {OPERATION.url_path({PARAMETER: KNOWN[0]})} {status}\n" for status in (200, 422)]


def test_answers_of_ones_own_come_before_the_generated_ones(tmp_path: Path, orchard: Path) -> None:
    own = {
        "/trees/mine": {"tree": "mine", "kind": "elm"},
        "/trees/gone": {"status": 404},
        "/trees/tree-001": {
            "status": 200,
            "headers": {"Content-Type": "application/json", "X-Row": "7"},
            "json": {"tree": "tree-001", "kind": "elm"},
        },
        "/rows/1": {},
    }
    with started("--document", str(orchard), "--catalogue", str(catalogue_file(tmp_path, own))) as mock:
        assert "resources: mine, gone, tree-001, ..." in mock.lines[1]
        assert get(f"{mock.url}/trees/mine").json() == {"tree": "mine", "kind": "elm"}
        assert get(f"{mock.url}/trees/gone").status_code == 404
        assert get(f"{mock.url}/trees/tree-001").headers["X-Row"] == "7"
        assert get(f"{mock.url}/trees/tree-002").status_code == 200
        (listed,) = get(mock.url).json()["operations"]
        assert listed["urls"][:3] == [f"{mock.url}/trees/{name}" for name in ("mine", "gone", "tree-001")]
        assert mock.process.stdout is not None
        notes = [mock.process.stdout.readline() for _ in range(2)]
    assert "the example 'weed' of GET /trees/{tree} is not served: schema.enum at /kind of 200: " in notes[0]
    assert "left aside: GET /rows/1 is no answer of an operation" in notes[1]


def test_any_capture_is_a_catalogue(tmp_path: Path) -> None:
    lines = [
        {"url": "https://api.test" + OPERATION.url_path({PARAMETER: name}), "status": answer.status}
        | {"headers": [*answer.headers, ["Set-Cookie", "session=1"], ["Content-Encoding", "gzip"]]}
        | {"body": answer.body.decode()}
        for (name,), answer in list(catalogue(OPERATION).items())[:3]
    ]
    (tmp_path / "calls.ndjson").write_text("\n".join(map(json.dumps, lines)))
    with started("--catalogue", str(tmp_path)) as mock:
        response = get(mock.url + OPERATION.url_path({PARAMETER: KNOWN[1]}))
    assert response.json() == json.loads(str(lines[1]["body"]))
    assert {"Set-Cookie", "Content-Encoding"}.isdisjoint(response.headers)


def test_an_answer_of_ones_own_that_breaks_the_contract_is_refused_by_name(tmp_path: Path, orchard: Path) -> None:
    own = {
        "/trees/a": {"tree": "a", "kind": "oak"},
        "/trees/b": {"tree": "b", "kind": "oka"},
        "/trees/c": {"tree": "d", "kind": "elm"},
    }
    file = catalogue_file(tmp_path, own)
    line = refused(run_command("mock", "--port", "0", "--document", str(orchard), "--catalogue", str(file)))
    assert line.startswith("ERROR: 2 answers of the catalogue: ")
    assert f'{file}: /trees/b breaks schema.enum at /kind of 200: expected "oak" or "elm", got "oka"' in line
    assert f'{file}: /trees/c breaks overlay.equals at /tree of 200: expected "c" as asked for, got "d"' in line
    assert line.endswith("; correct them, or leave them out")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"/nothing": {}}', "GET /nothing is no answer of an operation; the document has /trees/{tree}"),
        ('{"/trees/a": {"tree": "a",}}', "it is no strict JSON: "),
        ('{"/trees/a": {"tree": "a"}, "/trees/a": {}}', "it is no strict JSON: "),
        ('{"/trees/a": {"status": 7}}', "its status 7 is none of HTTP"),
        ("[]", "it is no HAR, "),
    ],
)
def test_a_catalogue_without_an_answer_is_refused_with_the_reason(
    tmp_path: Path, orchard: Path, content: str, words: str
) -> None:
    file = tmp_path / "answers.json"
    file.write_text(content)
    line = refused(run_command("mock", "--port", "0", "--document", str(orchard), "--catalogue", str(file)))
    assert line.startswith("ERROR: the catalogue has no answer of an operation: left aside: ")
    assert words in line


def test_a_catalogue_that_is_not_there_is_refused() -> None:
    line = refused(run_command("mock", "--port", "0", "--catalogue", "nowhere.json"))
    assert line == "ERROR: --catalogue nowhere.json is no file and no folder; name one that is there"


def test_each_fault_has_a_rate_of_its_own() -> None:
    names = "status.server-error 500", "status.server-error 503"
    target = OPERATION.url_path({PARAMETER: KNOWN[0]})
    with started("--fault", f"{names[0]}:0.5", "--fault", f"{names[1]}:1") as mock, requests.Session() as session:
        statuses = [session.get(mock.url + target, timeout=10).status_code for _ in range(200)]
    assert set(statuses) == {500, 503}
    # A hundred are expected; four standard deviations are twenty-eight.
    assert 70 < statuses.count(500) < 130


def test_a_name_that_holds_a_colon_is_read_with_and_without_a_rate() -> None:
    document = document_of({"type": "object", "properties": {"x:0.5": {"type": "string"}}, "required": ["x:0.5"]})
    names = [each.name for operation in document.operations for each in faults(operation) if ":" in each.name]
    assert names
    for name in names:
        read = [named_with_rate(document, text) for text in (name, f"{name}:0.25")]
        assert [(fault.name, rate) for fault, rate in read] == [(name, 1.0), (name, 0.25)]


@pytest.mark.parametrize("rate", ["2", "-0.1", "nan", "inf"])
def test_a_rate_that_is_no_probability_is_refused(rate: str) -> None:
    line = refused(run_command("mock", "--port", "0", "--fault", f"transport.cut:{rate}"))
    assert f"the rate of --fault 'transport.cut:{rate}' is no probability; give a number from 0 to 1" in line


@pytest.mark.parametrize("text", ["transport.cutt:0.5", "transport.cut:often", "transport.cut:"])
def test_a_fault_that_is_none_is_refused_with_the_nearest(text: str) -> None:
    line = refused(run_command("mock", "--port", "0", "--fault", text))
    assert "(near are 'transport.cut', " in line


def test_delays_are_drawn_from_a_range() -> None:
    with started("--delay", "0.05-0.1") as mock:
        start = time.monotonic()
        for _ in range(3):
            get(mock.url)
        assert time.monotonic() - start >= 3 * 0.05


@pytest.mark.parametrize("delay", ["-1", "nan", "inf", "1e300", "", "2-1", "1-", "a-b"])
def test_a_delay_that_is_no_time_is_refused(delay: str) -> None:
    line = refused(run_command("mock", "--port", "0", f"--delay={delay}"))
    assert f"--delay {delay!r} is no time; give seconds from 0 on, or a range such as 0.1-0.5" in line


def test_a_jobs_life_is_played() -> None:
    target = OPERATION.url_path({PARAMETER: KNOWN[0]})
    with started("--life", "0.2") as mock:
        seen = [get(mock.url + target).json()]
        until = time.monotonic() + 10
        while time.monotonic() < until and len(seen) < 3:
            if (now := get(mock.url + target).json()) != seen[-1]:
                seen.append(now)
    changed = {name for name in seen[0] if len({json.dumps(each[name]) for each in seen}) > 1}
    assert (len(seen), len(changed)) == (3, 1)
    assert seen[-1] == json.loads(catalogue(OPERATION)[(KNOWN[0],)].body)


@pytest.mark.parametrize("life", ["0", "-1", "soon"])
def test_a_life_that_is_no_time_is_refused(life: str) -> None:
    assert f"--life {life!r} is no time; give seconds, more than 0" in refused(
        run_command("mock", "--port", "0", f"--life={life}")
    )


def test_a_life_without_final_states_is_refused_with_the_fix() -> None:
    line = refused(run_command("mock", "--port", "0", "--document", SHOP, "--life", "9"))
    assert "--life finds no state that becomes final in shop.openapi.yaml and its overlays; an --overlay names" in line
