"""`assert_conforms` holds one response against the document, and says what is wrong in the words of a verdict."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from contracts import assert_conforms, load
from contracts.openapi import PINNED, PINNED_OVERLAY, ConfigurationError, DocumentError
from strategies.answers import catalogue
from tests.support.pinned import OPERATION
from tests.support.tiny import PETS, document_at, document_of

RESOURCE, ANSWER = next(iter(catalogue(OPERATION).items()))
PATH = OPERATION.url_path(OPERATION.bind(RESOURCE))
RIGHT, WRONG = ANSWER.body, json.dumps({**json.loads(ANSWER.body), "status": "STARTED"}).encode()
TYPE = {"Content-Type": "application/json"}


def test_a_tuple_of_status_headers_and_body_is_a_response() -> None:
    assert_conforms((200, TYPE, RIGHT), method="GET", path=PATH)
    assert_conforms((200, list(TYPE.items()), RIGHT.decode()), path=f"/base{PATH}", server="https://a/base")
    with pytest.raises(AssertionError, match=r"overlay\.equals at /id of 200"):
        assert_conforms((200, TYPE, RIGHT), path=PATH + "0")


@pytest.mark.parametrize("given", [str, Path])
def test_a_document_is_given_by_its_path_as_well(given: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(given(PINNED), given(PINNED_OVERLAY)).sha256 == load(PINNED, [given(PINNED_OVERLAY)]).sha256
    assert load(given(PINNED)).overlays == ()
    monkeypatch.chdir(tmp_path)
    file, response = Path("oas.json"), (200, TYPE, b"5")
    for nth, (kind, error) in enumerate((("integer", None), ("string", AssertionError))):
        document = document_of({"type": kind})
        file.write_text(json.dumps(document.contents), encoding="utf-8")
        os.utime(file, (nth, nth))  # It is read again when it has changed.
        with pytest.raises(error) if error else nullcontext():
            assert_conforms(response, given(file), path="/things/one")
    with pytest.raises(DocumentError, match=r"none\.yaml: cannot be read: No such file"):
        assert_conforms(response, given("none.yaml"), path="/things/one")


def test_a_document_that_does_not_change_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "oas.json"
    file.write_text(json.dumps(document_of({"type": "integer"}).contents), encoding="utf-8")
    assert_conforms((200, TYPE, b"5"), file, path="/things/one")
    monkeypatch.setattr(Path, "read_bytes", lambda path: pytest.fail(f"{path} is read again"))
    assert_conforms((200, TYPE, b"5"), str(file), path="/things/one")


def test_what_is_no_document_is_an_error_that_says_so() -> None:
    contents: Any = {"openapi": "3.1.0"}
    with pytest.raises(TypeError, match=r"dict is no document: give what contracts\.load returns, or a file's path"):
        assert_conforms((200, TYPE, b"5"), contents, path="/things/one")


def test_the_error_says_which_request_it_was_and_each_violation_in_a_line() -> None:
    document = document_of(
        {
            "type": "object",
            "properties": {"pet": {"$ref": "#/components/schemas/Pet"}, "size": {"enum": ["big", "small"]}},
        },
        PETS,
    )
    body = json.dumps({"pet": {"kind": "CAT", "toys": []}, "size": "smal"})
    with pytest.raises(AssertionError) as raised:
        assert_conforms((200, TYPE, body), document, path="/things/one?full=1")
    assert str(raised.value).splitlines() == [
        "the answer to GET /things/one?full=1 breaks what tiny.json promises of GET /things/{thing}:",
        '  schema.enum at /size of 200: expected "big" or "small", got "smal"; did it mean "small"?',
        "  schema.type at /pet/toys of 200 (CAT): expected object, got array []",
    ]


def test_of_very_many_violations_the_first_ones_are_listed() -> None:
    document = document_of({"type": "array", "items": {"type": "integer"}})
    with pytest.raises(AssertionError) as raised:
        assert_conforms((200, TYPE, json.dumps(["x"] * 50)), document, path="/things/one")
    assert len(str(raised.value).splitlines()) == 22
    assert str(raised.value).endswith("\n  and 30 more")


def test_a_key_in_the_url_is_not_in_the_error() -> None:
    contents: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Tiny", "version": "7"},
        "paths": {"/things": {"get": {"responses": {"200": {"description": "", "content": {}}}}}},
        "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "api key"}}},
    }
    url = "https://user:pass-word@things.test/things?a=1&api%20key=canary&b=2"
    for status, error in ((500, AssertionError), (200, ConfigurationError)):
        with pytest.raises(error) as raised:
            assert_conforms(
                (status, TYPE, b""),
                document_at(contents),
                path=url if status == 500 else url + "#x",
                method="GET" if status == 500 else "POST",
            )
        assert "https://things.test/things?a=1&api%20key=[masked]&b=2" in str(raised.value)
        assert "canary" not in str(raised.value)
        assert "pass-word" not in str(raised.value)


def test_the_refusal_of_an_id_that_intermediaries_may_refuse_is_no_violation() -> None:
    document = document_of({"type": "object"})
    assert_conforms((404, {"Content-Type": "text/html"}, b"<html>"), document, path="/things/a%2Fb")
    with pytest.raises(AssertionError, match=r"status\.undocumented at status: expected 200, got 404"):
        assert_conforms((404, {"Content-Type": "text/html"}, b"<html>"), document, path="/things/ab")


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("POST", PATH, rf"POST {PATH} cannot be judged: only answers to GET are"),
        ("GET", "/other", r"sgp-v4\.openapi\.yaml has no operation for GET /other; it has GET /v4/"),
        ("GET", "", r"has no operation for GET \(path not known\); it has"),
    ],
)
def test_what_is_no_operation_of_the_document_is_an_error(method: str, path: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        assert_conforms((200, TYPE, RIGHT), method=method, path=path)


@pytest.mark.parametrize(
    "response", [None, "text", SimpleNamespace(status_code=200), (200, TYPE), (True, TYPE, b""), ("200", TYPE, b"")]
)
def test_what_is_no_response_is_an_error_that_says_so(response: Any) -> None:
    with pytest.raises(TypeError, match="is no response"):
        assert_conforms(response, path=PATH)


@pytest.mark.parametrize(
    ("response", "error", "words"),
    [
        ((200, {}), TypeError, "a tuple of 2 is no response; give a tuple of three: the status (an int), the header "),
        ((200, {}, {"id": 1}), TypeError, "dict is no body: give the bytes or the text that came, json.dumps(value)"),
        ((200, {}, [1]), TypeError, "list is no body: give the bytes or the text that came, json.dumps(value)"),
        ((200, {}, None), TypeError, 'None is no body: give the bytes or the text that came, b"" if nothing came'),
        ((200, None, b""), TypeError, "None holds no header fields: give a mapping, such as {"),
        ((200, 5, b""), TypeError, "int holds no header fields: give a mapping, such as {"),
        ((200, ["Content-Type: text/plain"], b""), TypeError, "list holds no header fields: give a mapping"),
        (("200", TYPE, b""), TypeError, "tuple is no response: its status is '200'; give a tuple of three"),
        ((True, TYPE, b""), TypeError, "tuple is no response: its status is True; give a tuple of three"),
        ((20, TYPE, b""), ValueError, "20 is no status of HTTP, which has three digits; give the one that came"),
        ((9999, TYPE, b""), ValueError, "9999 is no status of HTTP, which has three digits"),
        (SimpleNamespace(status_code=200), TypeError, "SimpleNamespace is no response: it has no body; give a tuple"),
    ],
)
def test_each_part_that_is_none_of_a_response_is_named_with_its_fix(
    response: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=f"^{re.escape(words)}") as raised:
        assert_conforms(response, path=PATH)
    assert "\n" not in str(raised.value)


WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("pytest", "_pytest", "hypothesis", "schemathesis"):
            raise ImportError(f"{name} is not installed")

sys.meta_path.insert(0, Missing())
import contracts
print(*(name for name in sys.modules if name.startswith("contracts.")), *sys.modules)
try:
    contracts.assert_conforms((200, {}, b"[]"), path="/v4/fine-tuning-jobs/a")
except AssertionError as error:
    print(error)
"""


def test_it_needs_no_test_framework_and_loads_no_report_until_an_answer_breaks_a_promise() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    loaded, *said = done.stdout.splitlines()
    assert re.match(r"the answer to GET /v4/.* breaks what sgp-v4\.openapi\.yaml promises", said[0])
    late = {
        "contracts.reports",
        "contracts.run",
        "contracts.verdict",
        "contracts.coverage",
        "strategies",
        "harfile",
        "rich",
    }
    assert late.isdisjoint(loaded.split())


def test_operations_that_cannot_be_judged_are_not_denied() -> None:
    contents: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Tiny", "version": "7"},
        "paths": {
            "/things": {"get": {"responses": {"200": {"description": ""}}}},
            "/others": {"get": {"parameters": [{"$ref": "#/missing"}], "responses": {"200": {"description": ""}}}},
        },
    }
    words = (
        r"has no operation for GET /others; it has GET /things \(1 more cannot be judged: contract verify --collect-"
    )
    with pytest.raises(ConfigurationError, match=words):
        assert_conforms((200, TYPE, b""), document_at(contents), path="/others")
