"""The reactions of the official SDK to violations, found in this process and over a socket."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Any

import httpx
import pytest
from scale_gp import SGPClient

from contracts.errors import ConfigurationError
from contracts.http.exchange import Exchange, Failure, Response
from contracts.http.session import GuardedSession
from contracts.judge.checks import judge
from contracts.judge.history import History
from contracts.openapi import load
from contracts.openapi.overlay import PINNED_OVERLAY
from contracts.openapi.overlay_keywords import OfficialClient, official_client
from contracts.sdk.outcome import Kind, OfficialSdk, SdkOutcome, client, method
from contracts.sdk.outcome import load as load_sdk
from strategies.answers import catalogue
from strategies.faults.fault_table import faults
from strategies.faults.mutations import AnswerContext
from tests.support.talking import Talk, once, peer
from tests.support.tiny import answer, document_of, exchange_of

OPERATION = load(overlays=[PINNED_OVERLAY]).operations[0]
JOB: dict[str, Any] = {
    "id": "one",
    "account_id": "a",
    "created_at": "2026-01-01T00:00:00Z",
    "created_by_identity_type": "user",
    "created_by_user_id": "u",
    "status": "RUNNING",
    "training_dataset_id": "t",
    "vendor_configuration": {"vendor": "OPENAI", "hyperparameters": {}},
}
BODY = json.dumps(JOB).encode()


@pytest.fixture(scope="module")
def sdk() -> OfficialSdk:
    found = load_sdk(OPERATION)
    assert found is not None
    return found


def job(**changes: Any) -> Response:
    return answer(200, {**JOB, **changes})


def vendor(configuration: Any) -> Response:
    return job(vendor_configuration=configuration)


def reactions(
    sdk: OfficialSdk, outcome: Response | Failure, *values: str, exists: bool | None = None
) -> dict[str, tuple[str, str]]:
    """Return the SDK's reaction, as kind and detail, by the rule that the outcome breaks."""
    exchange = exchange_of(OPERATION, outcome, *values, exists=exists)
    return {each.rule: reaction(sdk, each, exchange) for each in judge(OPERATION, exchange)}


def reaction(sdk: OfficialSdk, violation: Any, exchange: Exchange) -> tuple[str, str]:
    outcome = sdk.react(violation, exchange)
    return outcome.kind.value, outcome.detail


def test_a_response_without_violations_needs_no_reaction(sdk: OfficialSdk) -> None:
    assert reactions(sdk, job(), exists=True) == {}


@pytest.mark.parametrize(
    ("configuration", "rule", "detail"),
    [
        ({"vendor": "AZURE"}, "union.tag-unknown", 'the LAUNCH class where vendor is "AZURE"'),
        ({"vendor": 5}, "union.tag-type", "the LAUNCH class where vendor is 5"),
        ({}, "union.tag-missing", "the LAUNCH class where vendor is absent"),
        ({"output": "x"}, "union.tag-missing", "the LAUNCH class where vendor is absent"),
        ({"output": 5}, "union.tag-missing", "the OPENAI class where vendor is absent"),
        ({"vendor": "OPENAI", "hyperparameters": []}, "schema.type", 'the LAUNCH class where vendor is "OPENAI"'),
        ({"vendor": "LLMENGINE", "suffix": 5}, "schema.type", 'the LAUNCH class where vendor is "LLMENGINE"'),
    ],
)
def test_a_union_read_as_another_branch_is_the_wrong_class(
    sdk: OfficialSdk, configuration: Any, rule: str, detail: str
) -> None:
    assert reactions(sdk, vendor(configuration)) == {rule: ("wrong class", detail)}


def test_a_violation_outside_a_union_is_not_its_wrong_class(sdk: OfficialSdk) -> None:
    found = reactions(sdk, job(status="COMPLETE", vendor_configuration={}))
    assert found["schema.enum"] == ("passes through", "hands it on as str")
    assert found["union.tag-missing"][0] == "wrong class"


@pytest.mark.parametrize(
    ("outcome", "rule", "detail"),
    [
        (job(status="COMPLETE"), "schema.enum", "hands it on as str"),
        (job(created_at="yesterday"), "schema.format", "hands it on as str"),
        (job(created_at="2026-01-01T00:00:00"), "schema.format", "hands it on as datetime"),
        (job(status=None), "schema.type", "hands it on as None"),
        (answer(200, {k: v for k, v in JOB.items() if k != "status"}), "schema.required", "hands it on as None"),
        (vendor("OPENAI"), "schema.type", "hands it on as str"),
        (vendor({"vendor": "LAUNCH", "suffix": 5}), "schema.type", "hands it on as int"),
        (job(id="another"), "overlay.equals", "hands it on as str"),
        (answer(201, JOB), "status.undocumented", "hands it on as FineTuningJob"),
        (answer(200, BODY[:-1] + b', "x": NaN}'), "json.not-finite", "hands it on as float"),
        (answer(200, BODY[:-1] + rb', "x": "\ud800"}'), "json.surrogate", "hands it on as str"),
        (
            answer(200, BODY[:-1] + b', "id": "one", "x": 1, "x": 2}'),
            "json.duplicate-name",
            "hands it on as FineTuningJob",
        ),
    ],
)
def test_a_value_that_the_sdk_does_not_check_passes_through(
    sdk: OfficialSdk, outcome: Response, rule: str, detail: str
) -> None:
    assert reactions(sdk, outcome) == {rule: ("passes through", detail)}


def test_an_unknown_resource_and_a_changed_value_pass_through(sdk: OfficialSdk) -> None:
    assert reactions(sdk, job(), exists=False) == {
        "overlay.unknown-resource": ("passes through", "hands it on as FineTuningJob")
    }
    history = History()
    assert not [*history.changes(exchange_of(OPERATION, job()))]
    exchange = exchange_of(OPERATION, job(account_id="b"))
    (violation,) = history.changes(exchange)
    assert reaction(sdk, violation, exchange) == ("passes through", "hands it on as str")


@pytest.mark.parametrize(
    ("outcome", "rule", "detail"),
    [
        (answer(200, b"<html>"), "json.malformed", "JSONDecodeError"),
        (answer(200, b""), "body.missing", "JSONDecodeError"),
        (answer(200, b"[" * 100_000), "json.depth", "RecursionError"),
        (answer(200, BODY.replace(b"RUNNING", b"RUNN\xff")), "json.encoding", "UnicodeDecodeError"),
        (answer(404, {"detail": "gone"}), "status.undocumented", "NotFoundError"),
        (answer(401, {"detail": "who?"}), "status.undocumented", "AuthenticationError"),
        (answer(500, b"oops"), "status.server-error", "InternalServerError"),
        (answer(304), "status.undocumented", "APIStatusError"),
        (Failure("timeout", "no complete answer in 5 s"), "transport.timeout", "APITimeoutError"),
        (Failure("cut", "IncompleteRead"), "transport.cut", "APIConnectionError"),
        (Failure("reset", "ConnectionResetError"), "transport.reset", "APIConnectionError"),
        (Failure("refused", "ConnectionRefusedError"), "transport.refused", "APIConnectionError"),
        (Failure("coding", "incorrect header check"), "transport.coding", "APIConnectionError"),
    ],
)
def test_a_response_that_the_sdk_cannot_read_raises(
    sdk: OfficialSdk, outcome: Response | Failure, rule: str, detail: str
) -> None:
    assert reactions(sdk, outcome)[rule] == ("raises", detail)


def test_a_known_resource_that_is_refused_raises(sdk: OfficialSdk) -> None:
    refused = answer(422, {})
    assert reactions(sdk, refused, exists=True) == {"status.known-resource": ("raises", "UnprocessableEntityError")}


def test_a_page_in_place_of_json_is_handed_out_as_text(sdk: OfficialSdk) -> None:
    found = reactions(sdk, answer(200, b"<html>", media_type="text/html"))
    assert found == {"content-type.undocumented": ("wrong class", "str where FineTuningJob is due")}


def test_a_list_in_place_of_a_resource_is_handed_out_as_a_list(sdk: OfficialSdk) -> None:
    assert reactions(sdk, answer(200, [1])) == {"schema.type": ("wrong class", "list where FineTuningJob is due")}


@pytest.mark.parametrize(
    ("outcome", "rule"),
    [
        (answer(200, JOB, media_type="text/html"), "content-type.undocumented"),
        (answer(200, JOB, media_type=None), "content-type.missing"),
        (answer(200, JOB, media_type="application/json; charset=latin-1"), "content-type.charset"),
        (answer(200, b"\xef\xbb\xbf" + BODY), "json.byte-order-mark"),
        (answer(200, BODY.decode().encode("utf-16")), "json.encoding"),
        (answer(200, b'{"id": "one", ' + BODY[1:]), "json.duplicate-name"),
        (job(base_model_id=None), "schema.type"),
        (vendor(None), "schema.type"),
        (vendor({"vendor": "LAUNCH", "suffix": None}), "schema.type"),
    ],
)
def test_a_violation_that_makes_no_difference_leaves_the_sdk_unaffected(
    sdk: OfficialSdk, outcome: Response, rule: str
) -> None:
    assert reactions(sdk, outcome) == {rule: ("unaffected", "it hands out the same anyway")}


@pytest.mark.parametrize("body", [{"detail": 5}, b"<html>", b""])
def test_a_documented_refusal_raises_the_same_whatever_its_body(sdk: OfficialSdk, body: Any) -> None:
    found = {*reactions(sdk, answer(422, body)).values()}
    assert found == {("unaffected", "it raises UnprocessableEntityError anyway")}


@pytest.mark.parametrize("job_id", ["", ".", ".."])
def test_an_id_that_the_sdk_never_asks_for_leaves_it_unaffected(sdk: OfficialSdk, job_id: str) -> None:
    found = reactions(sdk, answer(500, b"oops"), job_id)
    assert found == {"status.server-error": ("unaffected", "it never asks for such an id (ValueError)")}


def test_a_body_beyond_the_limit_leaves_the_sdk_unaffected(sdk: OfficialSdk) -> None:
    found = reactions(sdk, Failure("oversized", "more than 10 bytes"))
    assert found == {"transport.oversized": ("unaffected", "the limit is the harness's own")}


@pytest.mark.parametrize(
    ("location", "detail"),
    [
        ("/elsewhere", "follows the redirect"),
        ("http://127.0.0.1:1/elsewhere", "follows the redirect"),
        ("https://other.invalid/", "follows the redirect to another host, credentials and all"),
    ],
)
def test_a_redirect_to_another_host_is_reported(sdk: OfficialSdk, location: str, detail: str) -> None:
    found = reactions(sdk, answer(302, b"", ("Location", location)))
    assert found == {"status.undocumented": ("passes through", detail)}


@pytest.mark.parametrize(
    ("kind", "detail", "words"),
    [
        (Kind.RAISES, "JSONDecodeError", "SDK: raises JSONDecodeError"),
        (
            Kind.WRONG_CLASS,
            "the A class where t is absent",
            "SDK: reads it as the A class where t is absent, in silence",
        ),
        (Kind.PASSES_THROUGH, "hands it on as str", "SDK: hands it on as str, in silence"),
        (Kind.UNAFFECTED, "it reads the same", "SDK: unaffected: it reads the same"),
    ],
)
def test_a_reaction_is_one_line(kind: Kind, detail: str, words: str) -> None:
    assert str(SdkOutcome(kind, detail)) == words


def test_the_reaction_to_every_fault_of_the_document_is_one_line(sdk: OfficialSdk) -> None:
    names = [parameter.name for parameter in OPERATION.parameters]
    kinds = set()
    for fault in faults(OPERATION):
        for resource, response in catalogue(OPERATION).items():
            outcome = fault.mutation(AnswerContext(OPERATION, resource, True, 1, response))
            if outcome is not None:
                break
        else:
            continue
        exchange = exchange_of(OPERATION, outcome, *(resource[: len(names)]), exists=True)
        for violation in judge(OPERATION, exchange):
            words = str(sdk.react(violation, exchange))
            assert words.isprintable()
            assert len(words) < 120
            kinds.add(sdk.react(violation, exchange).kind)
    assert kinds == {*Kind}


@pytest.mark.parametrize(
    "talk",
    [
        once(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"),
        once(b"hello\r\n\r\n"),
        once(b""),
        once(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
            b"Content-Length: 2\r\n\r\n{}"
        ),
        once(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n{"),
        once(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
    ],
    ids=["cut", "not HTTP", "closed", "not gzip", "not JSON", "404"],
)
def test_an_exception_that_is_reported_is_raised_over_a_socket_too(sdk: OfficialSdk, talk: Talk) -> None:
    exchanges: list[Exchange] = []
    with peer(talk) as server:
        with GuardedSession(server.url, [OPERATION], exchanges.append) as session:
            session.ask(OPERATION, {parameter.name: "one" for parameter in OPERATION.parameters})
        real = SGPClient(api_key="any", account_id="any", base_url=server.url, max_retries=0)
        with real, pytest.raises(Exception) as raised:  # noqa: PT011 - which one is what is compared
            real.fine_tuning_jobs.retrieve("one")
    (exchange,) = exchanges
    violation = judge(OPERATION, exchange)[-1]
    assert reaction(sdk, violation, exchange) == ("raises", raised.type.__name__)


def test_nothing_of_the_environment_reaches_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SGP_API_KEY", "SGP_ACCOUNT_ID", "SGP_CLIENT_CUSTOM_HEADERS", "SGP_CLIENT_BASE_URL"):
        monkeypatch.setenv(name, f"https://canary.invalid/{name}: canary")
    named = official_client(OPERATION)
    assert named is not None
    asked: list[httpx.Request] = []

    def give(request: httpx.Request) -> Response:
        asked.append(request)
        return job()

    made = client(named, "http://peer.invalid", give)
    method(made, named, named.retrieve)("one")
    assert os.environ["SGP_API_KEY"]
    assert asked[0].url.host == "peer.invalid"
    assert "canary" not in repr((asked[0].url, asked[0].headers.raw))


def test_a_document_that_names_no_sdk_has_none() -> None:
    assert load_sdk(document_of().operations[0]) is None


def sdk_of(**changes: Any) -> OfficialClient:
    named = official_client(OPERATION)
    assert named is not None
    return replace(named, **changes)


@pytest.mark.parametrize("package", ["no_such_package", "no_such_package.inner"])
def test_an_sdk_that_is_not_installed_is_an_error_with_the_fix(package: str) -> None:
    missing = sdk_of(package=package)
    with pytest.raises(ConfigurationError, match=r"not installed; pip install 'fine-tuning-job-contract\[sdk\]'"):
        client(missing, "http://peer.invalid", lambda request: answer())


def test_an_sdk_without_a_name_of_the_overlay_is_an_error_with_the_fix() -> None:
    named = sdk_of()
    made = client(named, "http://peer.invalid", lambda request: answer())
    with pytest.raises(ConfigurationError, match=r"has no fine_tuning_jobs\.fetch; correct x-official-sdk"):
        method(made, named, "fine_tuning_jobs.fetch")
    with pytest.raises(ConfigurationError, match="has no NoClient"):
        client(sdk_of(client="NoClient"), "http://peer.invalid", lambda request: answer())
