"""What a run is asked to do: what is taken, and what is refused in one line with the fix."""

from __future__ import annotations

import json
import re
import traceback
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import ConfigurationError, ContractError
from contracts.openapi import PINNED
from contracts.options import MAX_BODY, TIMEOUT
from contracts.run.known_ids import resources_of
from contracts.run.settings import Settings, read_settings
from tests.support.tiny import document_of

URL = "http://127.0.0.1:1"
CLEAN: dict[str, str] = {}


def chosen(**options: Any) -> Settings:
    return read_settings(options, options.pop("environment", CLEAN))


def ids_of(settings: Settings) -> tuple[str, ...]:
    """The ids that are known of the document's one operation."""
    (known,) = settings.known.values()
    return tuple(job_id for (job_id,) in known)


def key_of(settings: Settings) -> str | None:
    values = {each.credential.name: each.value for each in settings.session.credentials}
    return None if "x-api-key" not in values else str(values["x-api-key"])


def test_without_options_the_pinned_document_is_judged_on_the_embedded_mock() -> None:
    settings = chosen()
    assert settings.document.path == PINNED
    assert settings.document.overlays == ("sgp-v4.overlay.yaml",)
    assert (settings.base_url, ids_of(settings), key_of(settings)) == (None, (), None)
    assert (settings.session.timeout, settings.session.max_body, settings.session.ca_bundle) == (
        TIMEOUT,
        MAX_BODY,
        None,
    )


def test_the_environment_fills_in_what_no_option_gives() -> None:
    environment = {"CONTRACT_BASE_URL": URL + "/", "CONTRACT_JOB_IDS": "a,b  c,,a", "SGP_API_KEY": " key\n"}
    settings = chosen(environment=environment)
    assert (settings.base_url, ids_of(settings), key_of(settings)) == (URL, ("a", "b", "c"), "key")
    settings = chosen(environment=environment, base_url="http://other:2", job_id=["x"])
    assert (settings.base_url, ids_of(settings)) == ("http://other:2", ("x",))


@pytest.mark.parametrize("name", ["CONTRACT_BASE_URL", "CONTRACT_JOB_IDS", "SGP_API_KEY"])
def test_an_empty_variable_is_one_that_is_not_set(name: str) -> None:
    assert chosen(environment={name: ""}) == chosen() or name
    settings = chosen(environment={name: ""})
    assert (settings.base_url, ids_of(settings), key_of(settings)) == (None, (), None)


def test_the_key_is_in_no_representation() -> None:
    settings = chosen(environment={"SGP_API_KEY": "sk-invented"})
    assert key_of(settings) == "sk-invented"
    assert "sk-invented" not in repr(settings) + str(settings)


def test_the_key_is_in_no_traceback_of_what_fails_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise MemoryError

    monkeypatch.setenv("SGP_API_KEY", "sk-invented")
    monkeypatch.setattr("contracts.run.settings.load", fail)
    with pytest.raises(MemoryError) as caught:
        read_settings({})
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert [frame.name for frame in told.stack][1:] == ["read_settings", "_document", "fail"]
    assert "sk-invented" not in repr([frame.locals for frame in told.stack[1:]])


@pytest.mark.parametrize("option", ["waivers", "compare"])
def test_a_file_that_is_nested_too_deeply_is_refused_in_one_line(tmp_path: Path, option: str) -> None:
    file = tmp_path / "deep"
    file.write_text("[" * 200_000 if option == "compare" else "a=" + "[" * 5_000)
    with pytest.raises(ConfigurationError, match=f"--{option} .*; (write|name) "):
        chosen(**{option: str(file)})


def test_a_key_in_a_file_comes_before_that_of_the_environment(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-file\n")
    settings = chosen(environment={"SGP_API_KEY": "sk-invented"}, api_key_file=str(tmp_path / "key"))
    assert key_of(settings) == "sk-file"
    assert "sk-file" not in repr(settings)


def test_the_account_is_that_of_the_environment() -> None:
    (account,) = chosen(environment={"SGP_ACCOUNT_ID": " acc-1 "}).session.credentials
    assert (account.credential.name, account.value) == ("x-selected-account-id", "acc-1")
    assert chosen().session.credentials == ()


@pytest.mark.parametrize(("profile", "retries"), [("ci", 0), ("nightly", 2), ("prerelease", 2)])
def test_the_profile_says_how_often_is_asked_again_unless_an_option_does(profile: str, retries: int) -> None:
    assert chosen(hypothesis_profile=profile).session.retries.most == retries
    assert chosen(hypothesis_profile=profile, retries=5).session.retries.most == 5
    assert chosen(hypothesis_profile=profile, retries=0).session.retries.most == 0


OVERLAY = "overlay: 1.0.0\ninfo: {title: t, version: '1'}\nactions: [{target: $.info, update: {title: changed}}]\n"


def test_another_document_is_judged_without_the_pinned_overlay(tmp_path: Path) -> None:
    file = tmp_path / "copy.yaml"
    file.write_bytes(PINNED.read_bytes())
    assert chosen(document=str(file)).document.overlays == ()
    assert chosen(no_overlay=True).document.overlays == ()
    (tmp_path / "mine.yaml").write_text(OVERLAY)
    settings = chosen(overlay=[str(tmp_path / "mine.yaml")])
    assert (settings.document.overlays, settings.document.title) == (("mine.yaml",), "changed")


PINNED_ONE, NULLS, MISSING = "sgp-v4.overlay.yaml", "nulls.overlay.yaml", "not-found.overlay.yaml"
FASTAPI = ("unauthorized.overlay.yaml", "forbidden.overlay.yaml", MISSING, NULLS)


@pytest.mark.parametrize(
    ("options", "overlays"),
    [
        ({"overlay": ["nulls"]}, (PINNED_ONE, NULLS)),
        ({"overlay": ["nulls", "not-found"]}, (PINNED_ONE, NULLS, MISSING)),
        ({"overlay": ["fastapi"]}, (PINNED_ONE, *FASTAPI)),
        ({"overlay": ["fastapi", "nulls", "fastapi"]}, (PINNED_ONE, *FASTAPI)),
        ({"overlay": ["nulls"], "no_overlay": True}, (NULLS,)),
        ({"overlay": ["nulls", "FILE"]}, ("mine.yaml", NULLS)),
        ({"overlay": ["nulls"], "document": str(PINNED)}, (NULLS,)),
    ],
    ids=str,
)
def test_a_named_overlay_adds_to_what_a_file_replaces(tmp_path: Path, options: Any, overlays: tuple[str, ...]) -> None:
    (tmp_path / "mine.yaml").write_text(OVERLAY)
    given = [str(tmp_path / "mine.yaml") if word == "FILE" else word for word in options["overlay"]]
    assert chosen(**{**options, "overlay": given}).document.overlays == overlays


def test_a_file_without_a_suffix_is_taken_unless_an_overlay_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("mine", "nulls"):
        Path(name).write_text(OVERLAY)
    assert chosen(overlay=["mine"]).document.overlays == ("mine",)
    assert chosen(overlay=["nulls"]).document.overlays == (PINNED_ONE, NULLS)
    assert chosen(overlay=["./nulls"]).document.overlays == ("nulls",)


@pytest.mark.parametrize(
    ("content", "ids"),
    [
        (b"a\nb\n", ("a", "b")),
        (b"a\r\nb", ("a", "b")),
        (b"\xef\xbb\xbfa\n\n  b  \n\t\n", ("a", "b")),
        (b"a\nb\na\n", ("a", "b")),
        ("é/🦊 %2F".encode(), ("é/🦊 %2F",)),
        (b"a,b", ("a,b",)),
        (b"#a", ("#a",)),
    ],
)
def test_a_file_of_ids_holds_one_a_line(tmp_path: Path, content: bytes, ids: tuple[str, ...]) -> None:
    file = tmp_path / "ids.txt"
    file.write_bytes(content)
    assert ids_of(chosen(base_url=URL, job_ids=str(file))) == ids


def test_ids_of_options_come_before_those_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "ids.txt"
    file.write_text("b\na\n")
    settings = chosen(base_url=URL, job_id=["a", "z"], job_ids=str(file), environment={"CONTRACT_JOB_IDS": "e"})
    assert ids_of(settings) == ("a", "z", "b")


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"overlay": ["x.yaml"], "no_overlay": True}, "--no-overlay"),
    ({"overlay": ["nulll"]}, "fastapi, forbidden, not-found, nulls, unauthorized"),
    ({"overlay": ["nulls.yaml"]}, "readable file"),
    ({"overlay": ["./nulls"]}, "readable file"),
    ({"overlay": [""]}, "comes along"),
    ({"document": "/nowhere/at all.yaml"}, "readable file"),
    ({"document": "."}, "readable file"),
    ({"overlay": ["/nowhere"]}, "readable file"),
    ({"job_id": ["a"]}, "--base-url"),
    ({"job_ids": "/nowhere"}, "/nowhere"),
    ({"base_url": "nonsense"}, "--base-url"),
    ({"base_url": "http://u:p@h"}, "--api-key-file"),
    ({"base_url": URL, "job_id": [""]}, "path segment"),
    ({"base_url": URL, "job_id": ["."]}, "path segment"),
    ({"base_url": URL, "job_id": [".."]}, "path segment"),
    ({"base_url": URL, "job_id": ["a\nb"]}, "line break"),
    ({"base_url": URL, "job_id": ["\udcff"]}, "UTF-8"),
    ({"base_url": URL, "job_ids": "/nowhere"}, "readable file"),
    ({"base_url": URL, "job_ids": "."}, "readable file"),
    ({"ca_bundle": "/nowhere"}, "--ca-bundle"),
    ({"ca_bundle": "."}, "--ca-bundle"),
    ({"timeout": 0}, "--timeout"),
    ({"timeout": -1.0}, "--timeout"),
    ({"timeout": float("nan")}, "--timeout"),
    ({"timeout": float("inf")}, "--timeout"),
    ({"max_body": 0}, "--max-body"),
    ({"probe_methods": True}, "may change or delete what it holds; if nothing on the target matters, say so"),
    ({"probe_methods": True, "disposable": True, "shard": "1/2", "tally": "t"}, "leave --shard out"),
    ({"environment": {"CONTRACT_BASE_URL": "nonsense"}}, "--base-url"),
    ({"environment": {"CONTRACT_BASE_URL": URL, "CONTRACT_JOB_IDS": "a .. b"}}, "path segment"),
    ({"environment": {"SGP_API_KEY": "geheim\x00"}}, "SGP_API_KEY"),
    ({"environment": {"SGP_API_KEY": "  "}}, "SGP_API_KEY"),
    ({"environment": {"SGP_ACCOUNT_ID": "acc\n1"}}, "SGP_ACCOUNT_ID"),
    ({"api_key_file": "/nowhere"}, "--api-key-file"),
    ({"max_requests": 0}, "--max-requests"),
    ({"max_requests": -5}, "--max-requests"),
    ({"rate_limit": "fast"}, "--rate-limit"),
    ({"retries": -1}, "--retries"),
    ({"redact": ["name"]}, "--redact"),
]


@pytest.mark.parametrize(("options", "words"), REFUSED, ids=[str(row[0]) for row in REFUSED])
def test_what_makes_no_sense_is_refused_in_one_line_with_the_fix(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ContractError) as caught:
        chosen(**options)
    line = str(caught.value)
    assert line.splitlines() == [line]
    assert words in line
    assert any(mark in line for mark in (";", ":"))
    assert "geheim" not in line


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "holds no id"), (b" \n\r\n", "holds no id"), (b"\xff", "UTF-8"), (b"a\n..\n", "path segment")],
)
def test_a_file_without_usable_ids_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "ids.txt"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=words):
        chosen(base_url=URL, job_ids=str(file))


@pytest.mark.parametrize(
    ("path", "ids", "resources"),
    [
        ("/things", [], ((),)),
        ("/things/{thing}", ["a/b", "c", "d%2Fe/f"], (("a/b",), ("c",), ("d%2Fe/f",))),
        ("/rows/{row}/things/{thing}", ["a/b", "d%2Fe/f"], (("a", "b"), ("d/e", "f"))),
        ("/rows/{row}/things/{thing}", ["/rows/a/things/b"], (("a", "b"),)),
    ],
)
def test_an_id_is_the_values_of_an_operations_parameters(path: str, ids: list[str], resources: Any) -> None:
    assert resources_of(document_of(path=path), ids)[path] == resources


SEVERAL = {
    "openapi": "3.1.0",
    "info": {"title": "Several", "version": "1"},
    "paths": {
        f"/{kind}s/{{{kind}}}": {
            "get": {
                "parameters": [{"name": kind, "in": "path", "required": True, "schema": schema}],
                "responses": {"200": {"description": ""}},
            }
        }
        for kind, schema in (("row", {"type": "integer"}), ("key", {"type": "string", "maxLength": 3}))
    },
}


@pytest.mark.parametrize(
    ("job_id", "rows", "keys"),
    [
        ("abc", (), (("abc",),)),
        ("1234", (("1234",),), ()),
        ("12", (("12",),), (("12",),)),
        ("/rows/12", (("12",),), ()),
        ("/keys/a%2Fb", (), (("a/b",),)),
    ],
)
def test_an_id_is_of_the_operation_whose_path_or_schema_it_fits(
    tmp_path: Path, job_id: str, rows: Any, keys: Any
) -> None:
    file = tmp_path / "several.json"
    file.write_text(json.dumps(SEVERAL))
    settings = chosen(base_url=URL, job_id=[job_id], document=str(file))
    assert [*settings.known.values()] == [rows, keys]


def test_an_id_of_no_operation_is_refused_with_the_paths_there_are(tmp_path: Path) -> None:
    file = tmp_path / "several.json"
    file.write_text(json.dumps(SEVERAL))
    with pytest.raises(ConfigurationError, match=re.escape("'abcd' is of no operation; write it as /rows/{row} or")):
        chosen(base_url=URL, job_id=["abcd"], document=str(file))


def test_what_a_shipped_overlay_declares_is_tolerated_and_not_required() -> None:
    plain = chosen(require=["all"]).requirements
    tolerated = chosen(require=["all"], overlay=["fastapi"]).requirements
    assert tolerated == plain
    (named,) = chosen(require=["status=404"], overlay=["fastapi"]).requirements
    assert [feature.which for feature in named.features] == ["404"]


def test_a_shard_enters_no_ledger_and_may_ask_the_merge_for_one(tmp_path: Path) -> None:
    shard: dict[str, Any] = {"shard": "1/2", "tally": str(tmp_path / "tally.json")}
    with pytest.raises(ConfigurationError, match="--ledger would count a shard as a run; give it to"):
        chosen(**shard, ledger=str(tmp_path / "ledger"))
    assert chosen(**shard, require=["statuses within 14 days"]).requirements


@pytest.mark.parametrize(
    ("value", "is_strict"), [("1", True), ("yes", True), ("True", True), ("0", False), ("", False)]
)
def test_refusals_are_violations_by_option_or_environment(value: str, is_strict: bool) -> None:
    assert chosen(environment={"CONTRACT_STRICT_REFUSALS": value}).strict_refusals is is_strict
    assert chosen(environment={"CONTRACT_STRICT_REFUSALS": value}, strict_refusals=True).strict_refusals


def test_a_switch_of_the_environment_that_is_neither_on_nor_off_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="CONTRACT_STRICT_REFUSALS is 'maybe'; set it to 1 or 0"):
        chosen(environment={"CONTRACT_STRICT_REFUSALS": "maybe"})
