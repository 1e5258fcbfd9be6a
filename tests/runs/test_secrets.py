"""A planted key: every kind of failure is provoked, and everything that was written anywhere is searched for it."""

from __future__ import annotations

import base64
import html
import itertools
import json
import os
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.http.exchange import Response
from strategies.mock.mocking import mock_server
from strategies.mock.server import Asked, Change, Raw
from tests.support.pinned import DOCUMENT, KNOWN
from tests.support.suite import CLEAN, ROOT

JSON = ("Content-Type", "application/json")

CANARY = 'sk/canary+0f3a"77&b=4d\\9e'
"""A key that looks different in a URL, in JSON and in HTML."""

LOUD = [
    *("-vvv", "--showlocals", "--tb=long", "--full-trace", "-rA", "-o", "log_cli=true", "-o", "log_cli_level=DEBUG"),
    *("--max-requests", "150"),
    *("-k", "preferred or again or (known and (1-8 or 9-16)) or (drawn and (10/10 or 10/40))"),
]
"""Everything shown that can be shown, of few items: each that fails takes a third of a second to be shown."""

NIGHTLY = ["--hypothesis-profile", "nightly", "-n", "2"]
FORMS = sorted(
    {
        CANARY,
        urllib.parse.quote(CANARY, safe=""),
        urllib.parse.quote(CANARY),
        json.dumps(CANARY)[1:-1],
        json.dumps(json.dumps(CANARY)[1:-1])[1:-1],
        html.escape(CANARY),
        repr(CANARY)[1:-1],
        base64.b64encode(CANARY.encode()).decode(),
        "canary+0f3a",
        "canary%2B0f3a",
        CANARY.upper(),
        CANARY.title(),
        CANARY[:-1],
    }
)


TURN = itertools.count()
"""Answers take turns in how they misbehave."""


@pytest.fixture(autouse=True)
def _turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "TURN", itertools.count())


def key_of(asked: Asked) -> str:
    return next((value for name, value in asked.headers if name.lower() == "x-api-key"), "")


def echoing(asked: Asked, response: Response) -> Response:
    """Every way to give a key back: in values, names, escapes, another coding, header fields, and the text's flaws."""
    key = key_of(asked)
    quoted = urllib.parse.quote(key, safe="")
    bodies = [
        json.dumps({"id": key, "status": key, key: key}).encode(),
        json.dumps({"id": quoted, "status": f"before {quoted} after"}).encode(),
        json.dumps({"id": "".join(f"\\u{ord(char):04x}" for char in key)}).replace("\\\\u", "\\u").encode(),
        json.dumps({"id": base64.b64encode(f"user:{key}".encode()).decode(), "status": html.escape(key)}).encode(),
        f'{{"id": {key}'.encode(),
        json.dumps({"id": key}).encode("utf-16"),
        f'{{"{key}": 1, "{key}": 2}}'.encode(),
        key.encode() + b"\xff",
        json.dumps({"id": key.upper(), "status": key.title()}).encode(),
        html.escape(json.dumps({"id": key})).encode(),
        key[:-1].encode(),
    ]
    return Response(200, (JSON, ("X-Echo", key), (f"X-{len(key)}", quoted)), bodies[next(TURN) % len(bodies)])


def redirecting(asked: Asked, response: Response) -> Response:
    """To a place that names the key."""
    quoted = urllib.parse.quote(key_of(asked), safe="")
    return Response(307, (("Location", f"http://127.0.0.1:9/{quoted}?key={quoted}"),), key_of(asked).encode())


def breaking(asked: Asked, response: Response) -> Response | Raw:
    """The connection ends with the key in the place of an answer, or half way through one."""
    key = key_of(asked).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    ways = [
        [key + b"\r\n\r\n"],
        [b"HTTP/1.1 " + key + b"\r\n\r\n"],
        [head + b"Content-Length: 999\r\n\r\n" + key],
        [head + b"Transfer-Encoding: chunked\r\n\r\n" + key + b"\r\n"],
        [head + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(key), key],
        [],
    ]
    # The first ones are those by which a run sees whether there is a server at all.
    number = next(TURN) % 20 - 10
    return ways[number] if 0 <= number < len(ways) else response


def misstating(asked: Asked, response: Response) -> Raw:
    """The key where a header, its name or what libraries make something of ought to be."""
    key = key_of(asked).encode()
    lines = [
        key,
        b"X-Echo " + key,
        b" " + key,
        key + b" : x",
        b"X-Echo: " + key[: key.index(b"&")] + b"\r\n " + key[key.index(b"&") :],
        b"Connection: " + key,
        b"Content-Encoding: " + key,
        b"Content-Length: " + key,
        b"Content-Type: application/json; charset=" + key,
        b"Content-Type: " + key,
        b"Keep-Alive: " + key,
        b"Location: //" + key,
        b"Retry-After: " + key,
        b"Set-Cookie: " + key + b"; domain=" + key,
        b"Transfer-Encoding: " + key,
        b"X-Long: " + key * 5_000,
        b"\r\n".join([b"X-Many: " + key] * 120),
    ]
    number = next(TURN) % (len(lines) + 3)
    line = lines[number] if number < len(lines) else b"X-A: b"
    status = b"200 " + key if number == len(lines) else b"200 OK"
    interim = b"HTTP/1.1 103 " + key + b"\r\n" + key + b"\r\n\r\n" if number == len(lines) + 1 else b""
    body = b"2;" + key + b"\r\n{}\r\n0\r\nX-" + key + b"\r\n\r\n"
    coded = number == len(lines) + 2
    framed = b"Transfer-Encoding: chunked\r\n\r\n" + body if coded else b"Content-Length: 2\r\n\r\n{}"
    return [interim + b"HTTP/1.1 " + status + b"\r\n" + line + b"\r\nConnection: close\r\n" + framed]


def unavailable(asked: Asked, response: Response) -> Response:
    """Now and then the server is unavailable, and says to whom."""
    return Response(503, (("Retry-After", "0"),), key_of(asked).encode()) if next(TURN) % 20 == 10 else response


def conforming(asked: Asked, response: Response) -> Response:
    return response


CRASHING = '''
"""A plugin that fails wherever it is told to, in sight of all that there is."""
import os
import pytest

WHERE = os.environ["CRASH"]
variables = os.environ

def pytest_runtest_logreport(report):
    environment = dict(os.environ)
    if WHERE == "report":
        raise RuntimeError("a plugin of yours is broken")

@pytest.fixture(autouse=True)
def fails(request, monkeypatch):
    environment, known = dict(os.environ), request.config.option
    if WHERE == "fixture":
        session = request.getfixturevalue("session")
        raise RuntimeError("a fixture of yours is broken")
    if WHERE == "sending":
        import http.client
        def send(self, *args, **options):
            held = list(self._buffer)
            raise RecursionError
        monkeypatch.setattr(http.client.HTTPConnection, "_send_output", send)

def pytest_sessionfinish(session):
    environment, settings = dict(os.environ), vars(session.config.option)
    if WHERE == "end":
        raise RuntimeError("a plugin of yours is broken at the end")
'''


def written(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path, path.read_bytes()


def leaks(folder: Path, *outputs: bytes) -> list[str]:
    """Where the key stands, in any of its forms."""
    searched = [*written(folder), *((Path(f"output {number}"), each) for number, each in enumerate(outputs))]
    # A run that writes nothing proves nothing.
    assert sum(len(content) for _, content in searched) > 1_000
    return [f"{path}: {form}" for path, content in searched for form in FORMS if form.encode() in content]


def run(folder: Path, url: str, *options: str, **environment: str) -> tuple[int, bytes, bytes]:
    """A run all of whose files, temporary ones and those of its example database too, are put into the folder."""
    (folder / "tmp").mkdir()
    # What Hypothesis reads out of our modules before it draws takes a second in each process of a new folder.
    for name in ("constants", "unicode_data"):
        (ROOT / ".hypothesis" / name).mkdir(parents=True, exist_ok=True)
        (folder / ".hypothesis").mkdir(exist_ok=True)
        (folder / ".hypothesis" / name).symlink_to(ROOT / ".hypothesis" / name)
    (folder / "crashing.py").write_text(CRASHING)
    command = [
        *(
            sys.executable,
            "-m",
            "pytest",
            f"--rootdir={ROOT}",
            f"--confcutdir={ROOT}",
            "-c",
            str(ROOT / "pyproject.toml"),
        ),
        *(str(ROOT / "tests/api"), "-o", f"cache_dir={folder / 'cache'}", "-p", "crashing", "--base-url", url),
        *(f"--junitxml={folder / 'junit.xml'}", f"--report-dir={folder / 'reports'}", f"--ledger={folder / 'ledger'}"),
        *(word for job_id in KNOWN[:3] for word in ("--job-id", job_id)),
        *options,
    ]
    paths = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)]), "TMPDIR": str(folder / "tmp")}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**CLEAN, "CRASH": "", "SGP_API_KEY": CANARY, **paths, **environment},
        capture_output=True,
        check=False,
        timeout=200,
    )
    return done.returncode, done.stdout, done.stderr


CASES = [
    pytest.param(echoing, [*NIGHTLY, *LOUD, "--debug=debug.log"], {"EXECNET_DEBUG": "1"}, 1, id="echoed to workers"),
    pytest.param(redirecting, LOUD, {"EXECNET_DEBUG": "2"}, 6, id="redirected"),
    pytest.param(misstating, LOUD, {}, 1, id="misstated"),
    pytest.param(breaking, ["-n", "2", *LOUD], {"EXECNET_DEBUG": "2"}, 1, id="broken off"),
    pytest.param(unavailable, ["--retries", "1", *LOUD], {}, 1, id="flaky"),
    pytest.param(conforming, ["-n", "2", *LOUD], {"CRASH": "report"}, None, id="a plugin crashes beside workers"),
    pytest.param(conforming, ["-n", "2", *LOUD], {"CRASH": "fixture"}, 1, id="a worker's fixture crashes"),
    pytest.param(conforming, LOUD, {"CRASH": "sending"}, 1, id="sending crashes"),
    pytest.param(echoing, [*LOUD, "--debug=debug.log"], {"CRASH": "end"}, None, id="the end crashes"),
]


@pytest.mark.parametrize(("change", "options", "environment", "code"), CASES)
def test_a_planted_key_is_in_nothing_that_is_written(
    tmp_path: Path, change: Change, options: list[str], environment: dict[str, str], code: int | None
) -> None:
    keys: set[str] = set()

    def noting(asked: Asked, response: Response) -> Response:
        keys.add(key_of(asked))
        return response

    with mock_server(DOCUMENT, changes=[noting, change]) as server:
        ended, output, errors = run(tmp_path, server.url, *options, **environment)
    assert keys == {CANARY} or environment.get("CRASH") in ("sending", "fixture"), keys
    assert leaks(tmp_path, output, errors) == []
    assert code is None or ended == code, (output + errors).decode()


def test_a_key_from_a_file_is_sent_by_workers_too_and_is_in_nothing_that_is_written(tmp_path: Path) -> None:
    keys: set[str] = set()

    def noting(asked: Asked, response: Response) -> Response:
        keys.add(key_of(asked))
        return echoing(asked, response)

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "key").write_text(CANARY + "\n")
    with mock_server(DOCUMENT, changes=[noting]) as server:
        options = ["--api-key-file", str(tmp_path / "key"), "-n", "2", *LOUD]
        _, output, errors = run(elsewhere, server.url, *options, SGP_API_KEY="another")
    assert keys == {CANARY}
    assert leaks(elsewhere, output, errors) == []


def test_what_is_redacted_is_in_nothing_that_is_written(tmp_path: Path) -> None:
    def private(asked: Asked, response: Response) -> Response:
        if response.status != 200:
            return response
        value = json.loads(response.body)
        changed = {**value, "status": CANARY, "vendor_configuration": {"vendor": CANARY, "note": [CANARY]}}
        return Response(200, response.headers, json.dumps(changed).encode())

    with mock_server(DOCUMENT, changes=[private]) as server:
        places = ["--redact", "/status", "-o", "contract_redact=/vendor_configuration/*"]
        code, output, errors = run(tmp_path, server.url, *places, *LOUD, SGP_API_KEY="another-key")
    assert code == 1
    assert b"schema.enum at /status" in output
    assert b"union.tag-unknown" in output
    assert leaks(tmp_path, output, errors) == []


SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "http", "scheme": "basic"},
    "query": {"type": "apiKey", "in": "query", "name": "key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "session"},
}
LOGIN = f"me:{CANARY}"


@pytest.mark.parametrize("name", SCHEMES)
def test_a_planted_credential_of_any_kind_is_in_nothing_that_is_written(tmp_path: Path, name: str) -> None:
    secret = LOGIN if name == "basic" else CANARY.replace('"', "'").replace("\\", "/") if name == "cookie" else CANARY
    fields: set[str] = set()

    def noting(asked: Asked, response: Response) -> Response:
        sent = " ".join([asked.target, *(value for _, value in asked.headers)])
        forms = (secret, urllib.parse.quote(secret, safe=""), base64.b64encode(secret.encode()).decode())
        found = next((form for form in forms if form in sent), "")
        fields.add(found)
        body = json.dumps({"id": found, "status": secret if next(TURN) % 2 else sent}).encode()
        return Response(200, (JSON, ("X-Echo", found), ("Location", f"/?key={found}")), body)

    action = {
        "target": "$.components",
        "update": {"securitySchemes": {"A": {**SCHEMES[name], "x-environment": "SHOP"}}},
    }
    overlay = {"overlay": "1.0.0", "info": {"title": "t", "version": "1"}, "actions": [action]}
    (tmp_path / "overlay.json").write_text(json.dumps(overlay))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with mock_server(DOCUMENT, changes=[noting]) as server:
        options = ["--overlay", str(tmp_path / "overlay.json"), *LOUD]
        code, output, errors = run(elsewhere, server.url, *options, SHOP=secret, SGP_API_KEY="another-key")
    assert code == 1, (output + errors).decode()
    assert len(fields) == 1
    assert fields != {""}
    coded = [base64.b64encode(LOGIN.encode()), urllib.parse.quote(LOGIN, safe="").encode()]
    assert leaks(elsewhere, output, errors) == []
    assert not [path for path, content in written(elsewhere) if any(each in content for each in coded)]


def test_the_value_of_a_header_of_the_users_is_in_nothing_that_is_written(tmp_path: Path) -> None:
    values: set[str] = set()

    def noting(asked: Asked, response: Response) -> Response:
        values.update(value for name, value in asked.headers if name == "X-Tenant")
        return Response(200, (JSON, ("X-Echo", CANARY)), json.dumps({"id": CANARY, CANARY: CANARY}).encode())

    with mock_server(DOCUMENT, changes=[noting]) as server:
        named = {"CONTRACT_HEADER_X_TENANT": CANARY, "SGP_API_KEY": "another-key"}
        code, output, errors = run(tmp_path, server.url, "--header", "X-Tenant", "-n", "2", *LOUD, **named)
    assert (code, values) == (1, {CANARY}), (output + errors).decode()
    assert leaks(tmp_path, output, errors) == []


def test_a_key_that_a_command_gives_is_in_nothing_that_is_written(tmp_path: Path) -> None:
    keys: set[str] = set()

    def noting(asked: Asked, response: Response) -> Response:
        keys.add(key_of(asked))
        return echoing(asked, response)

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "key").write_text(CANARY)
    with mock_server(DOCUMENT, changes=[noting]) as server:
        command = f"cat {tmp_path / 'key'}"
        _, output, errors = run(elsewhere, server.url, "--key-command", command, *LOUD, SGP_API_KEY="")
    assert keys == {CANARY}
    assert leaks(elsewhere, output, errors) == []
