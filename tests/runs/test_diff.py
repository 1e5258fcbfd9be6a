"""`contract diff` as a user calls it: files, revisions of git, URLs, exit codes, and one line for what is wrong."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from contracts.__main__ import main
from tests.support.differing import thing
from tests.support.serving_bytes import serving
from tests.support.tiny import JSON

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def contents(schema: Any, **more: Any) -> dict[str, Any]:
    """A document that answers with the schema."""
    answers = {"200": {"description": "", "content": {JSON: {"schema": schema}}}}
    paths = {"/things": {"get": {"responses": answers}}}
    return {"openapi": "3.1.0", "info": {"title": "Tiny", "version": "7"}, "paths": paths, **more}


def write(path: Path, schema: Any, **more: Any) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(contents(schema, **more), indent=1), "utf-8")
    return str(path)


def git(folder: Path, *words: str) -> None:
    named = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *named, *words], cwd=folder, check=True, capture_output=True)


def test_a_breaking_change_fails_and_is_shown_with_its_witness_and_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "old.json", thing(state={"enum": ["a"]}))
    write(tmp_path / "new.json", thing(state={"enum": ["a", "b"]}))
    enum = "#/paths/~1things/get/responses/200/content/application~1json/schema/properties/state/enum"
    assert main(["diff", "old.json", "new.json"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "BREAKING  1 breaking, in 1 operation that both documents have",
        "old         Tiny 7 (old.json)",
        "new         Tiny 7 (new.json)",
        "for those who read answers",
        '  1. breaking  value-added at /state of GET /things 200: "b" is a new value',
        f"     old.json:19 {enum} → new.json:21 {enum}/1",
        '     NEW admits 200 {"state": "b"}',
        '     OLD refuses it: schema.enum at /state of 200: expected "a", got "b"',
    ]


def test_what_counts_is_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = write(tmp_path / "old.json", thing()), write(tmp_path / "new.json", thing(a=TEXT))
    assert main(["diff", old, new]) == 0
    assert main(["diff", old, new, "--fail-on", "any"]) == 1
    assert capsys.readouterr().out.startswith("COMPATIBLE  1 narrowing")


def test_the_same_file_twice_is_equivalent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "a.json", thing(a=TEXT))
    assert main(["diff", file, file, "--fail-on", "any"]) == 0
    assert capsys.readouterr().out.startswith("EQUIVALENT  no change")


def test_it_is_its_own_exit_code_that_the_algebra_does_not_decide(tmp_path: Path) -> None:
    old = write(tmp_path / "old.json", {**TEXT, "pattern": "^(a|b)+$"})
    new = write(tmp_path / "new.json", {**TEXT, "pattern": "^[ab]+$"})
    assert main(["diff", old, new]) == 6


def test_a_file_is_compared_with_what_git_knows_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "api").mkdir()
    monkeypatch.chdir(tmp_path / "api")
    write(tmp_path / "api" / "a.json", {"$ref": "parts/b.json"})
    (tmp_path / "api" / "parts").mkdir()
    (tmp_path / "api" / "parts" / "b.json").write_text(json.dumps(thing(a=TEXT)), "utf-8")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    (tmp_path / "api" / "parts" / "b.json").write_text(json.dumps(thing(a=NUMBER)), "utf-8")
    for word in ("HEAD:api/a.json", "HEAD:a.json", "HEAD:./a.json"):
        assert main(["diff", word, "a.json"]) == 1, word
        assert "type at /a of GET /things 200" in capsys.readouterr().out
    assert main(["diff", "HEAD:api/a.json", "HEAD:api/a.json"]) == 0


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("HEAD:b.json", "HEAD:b.json: the revision 'HEAD' has no file b.json; it has api/b.json"),
        ("HEAD:c.json", "HEAD:c.json: the revision 'HEAD' has no file c.json; `git ls-tree -r HEAD` lists what it has"),
        ("gone:b.json", "gone:b.json: git knows no revision 'gone'; name one that `git log` knows, or fetch it first"),
        ("--help:b.json", "--help:b.json names no revision; write REV:path, such as main:openapi.yaml"),
        ("", "a document is named by an empty word; give a file, REV:path or a URL"),
        ("none.json", "none.json: cannot be read: No such file or directory; name a readable file"),
    ],
)
def test_what_git_or_the_disk_does_not_know_is_one_line(
    word: str, line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    good = write(tmp_path / "api" / "b.json", thing())
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    assert main(["diff", "--", word, good]) == 4
    assert capsys.readouterr().err == f"ERROR: {line}\n"


def test_a_document_of_git_that_cannot_be_judged_is_named_as_it_was_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a.json", {"type": "wrong"})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    assert main(["diff", "HEAD:a.json", "HEAD:a.json"]) == 4
    assert capsys.readouterr().err.startswith("ERROR: HEAD:a.json: #/paths/~1things/get/")


def test_a_url_is_compared_and_asked_without_credentials(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SGP_API_KEY", "not-to-be-sent")
    old, body = write(tmp_path / "old.json", thing(a=TEXT)), json.dumps(contents(thing(a=NUMBER))).encode()
    answers = {
        "/openapi.json": (200, {"Content-Type": JSON}, body),
        "/moved": (302, {"Location": "/openapi.json", "Set-Cookie": "a=b"}, b""),
    }
    with serving(answers) as (url, asked):
        assert main(["diff", old, f"{url}/openapi.json?token=secret"]) == 1
        assert main(["diff", old, f"{url}/moved"]) == 1
    printed = capsys.readouterr().out
    assert "secret" not in printed
    assert f"Tiny 7 ({url}/openapi.json)" in printed
    assert [path for path, _ in asked] == ["/openapi.json?token=secret", "/moved", "/openapi.json"]
    assert not any({"cookie", "authorization", "x-api-key"} & {name.lower() for name in fields} for _, fields in asked)


def test_what_a_url_answers_instead_of_a_document_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = write(tmp_path / "old.json", thing())
    answers = {
        "/page": (200, {"Content-Type": "text/html; charset=utf-8"}, b"<html>"),
        "/gone": (404, {}, b""),
        "/away": (302, {"Location": "http://localhost:1/openapi.json"}, b""),
        "/round": (302, {"Location": "/round"}, b""),
        "/text": (200, {"Content-Type": JSON}, b'"hello"'),
    }
    lines = {
        "page": "answers HTML, a page and no document; name the URL of the JSON or YAML itself",
        "gone": "answers 404; name a URL that answers 200 with the document",
        "away": "redirects to http://localhost:1/openapi.json, which is not followed; name that URL itself",
        "round": "redirects more than 5 times; name the URL of the document itself",
    }
    with serving(answers) as (url, _):
        for path, line in lines.items():
            assert main(["diff", old, f"{url}/{path}"]) == 4
            assert capsys.readouterr().err == f"ERROR: {url}/{path} {line}\n"
        assert main(["diff", old, f"{url}/text"]) == 4
        assert capsys.readouterr().err.startswith(f"ERROR: {url}/text: is not an OpenAPI document")
    assert main(["diff", old, f"{url}/page"]) == 4
    assert "cannot be read: instead of it came a refusal of the connection" in capsys.readouterr().err


def test_overlays_of_one_document_alone_are_changes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "a.json", {**thing(a=TEXT), "required": ["a"]})
    overlay = tmp_path / "lasting.yaml"
    overlay.write_text(
        "overlay: 1.0.0\ninfo: {title: T, version: '1'}\nactions:\n"
        "- target: $..properties.a\n  update: {x-immutable: true}\n",
        "utf-8",
    )
    assert main(["diff", file, file, "--old-overlay", str(overlay)]) == 1
    assert 'it is no longer promised that the value "never changes"' in capsys.readouterr().out
    assert main(["diff", file, file, "--new-overlay", str(overlay)]) == 0
    assert main(["diff", file, file, "--overlay", str(overlay)]) == 0


def test_the_pinned_document_is_named_by_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "pinned", "pinned"]) == 0
    assert capsys.readouterr().out.startswith("EQUIVALENT  no change, in 1 operation")
