"""A target that rejects its caller is recognised, is asked no more, and is no evidence; so is a resource that hangs."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.http.exchange import Failure, Request, Response
from contracts.http.rejection import (
    LET_IN,
    MIN_REJECTIONS,
    TIMEOUTS,
    CallerRejected,
    HangingResources,
    Rejections,
    all_rejected,
    example_of,
    is_plain_request,
    label_of,
    share_of,
)
from contracts.openapi import Operation
from tests.support.tiny import answer, document_of, exchange_of

ONE, OTHER = (document_of(path=path).operations[0] for path in ("/a/{thing}", "/b/{thing}"))


# Which requests and answers count.


@pytest.mark.parametrize(
    ("resource", "is_plain"),
    [
        pytest.param((), True, id="nothing"),
        pytest.param(("a-b_c.d~1",), True, id="unreserved"),
        pytest.param(("x" * 100, "1"), True, id="two"),
        pytest.param(("x" * 101,), False, id="long"),
        pytest.param(("a/b",), False, id="slash"),
        pytest.param(("a", "\x00"), False, id="nul"),
        pytest.param(("é",), False, id="beyond ASCII"),
        pytest.param(("a\n",), False, id="newline"),
    ],
)
def test_a_plain_request_has_short_parameters_of_unreserved_characters(
    resource: tuple[str, ...], is_plain: bool
) -> None:
    assert is_plain_request(Request("http://h/", tuple(("p", value) for value in resource), None)) is is_plain


PAGE = b"<html><head><title>Sign in &amp;  go</title></head></html>"
TOLERANT = document_of(
    responses={
        "200": {"description": "", "content": {"application/json": {}}},
        "303": {"description": ""},
        "404": {"description": "", "content": {"application/json": {}}},
        "default": {"description": "", "content": {"application/json": {}}},
    }
).operations[0]


@pytest.mark.parametrize(
    ("outcome", "exists", "label"),
    [
        (answer(401), None, "401"),
        (answer(429), True, "429"),
        (answer(301, b"", ("Location", "/x")), None, "301"),
        (answer(303), None, LET_IN),
        (answer(304), True, "304"),
        (answer(404), None, None),
        (answer(404), False, None),
        (answer(404), True, "404"),
        (answer(404, PAGE, media_type="text/html"), None, "404 page"),
        (answer(200, PAGE, media_type="text/html; charset=utf-8"), None, "200 page"),
        (answer(500, PAGE, media_type="text/html"), True, LET_IN),
        (answer(422), None, LET_IN),
        (answer(503), None, LET_IN),
        (answer(200), True, LET_IN),
        (Failure("timeout", ""), None, "timeout"),
    ],
    ids=str,
)
def test_an_answer_rejects_lets_in_or_shows_nothing(
    outcome: Response | Failure, exists: bool | None, label: str | None
) -> None:
    assert label_of(exchange_of(TOLERANT, outcome, "job", exists=exists)) == label


@pytest.mark.parametrize(
    ("outcome", "label"),
    [
        (answer(299), LET_IN),
        (answer(300), "300"),
        (answer(399), "399"),
        (answer(400), LET_IN),
        (answer(404), "404"),
        (answer(404, PAGE, media_type="text/html"), "404 page"),
        (answer(499, PAGE, media_type="text/html"), "499 page"),
        (answer(301, PAGE, media_type="text/html"), "301"),
        (answer(404, media_type=None), "404"),
    ],
    ids=str,
)
def test_an_undocumented_redirect_page_or_404_rejects(outcome: Response, label: str) -> None:
    assert label_of(exchange_of(ONE, outcome, "job")) == label


@pytest.mark.parametrize("status", [300, 301, 399])
def test_a_document_may_describe_all_redirects_at_once(status: int) -> None:
    moving = document_of(responses={"3XX": {"description": ""}}).operations[0]
    assert label_of(exchange_of(moving, answer(status), "job")) == LET_IN
    assert label_of(exchange_of(moving, answer(status, PAGE, media_type="text/html"), "job")) == str(status)


@pytest.mark.parametrize("media_type", ["text/html", "Text/HTML; charset=utf-8; level=1", "text/*", "*/*"])
def test_a_documented_page_is_an_answer(media_type: str) -> None:
    shop = document_of(responses={"200": {"description": "", "content": {media_type: {}}}}).operations[0]
    for sent in ("text/html", "TEXT/html; charset=utf-8; level=1"):
        assert label_of(exchange_of(shop, answer(200, PAGE, media_type=sent), "job")) == LET_IN


@pytest.mark.parametrize("media_type", ["application/json", "application/*", "text/plain", "application/xhtml+xml"])
def test_a_page_where_another_type_is_documented_rejects(media_type: str) -> None:
    shop = document_of(responses={"200": {"description": "", "content": {media_type: {}}}}).operations[0]
    assert label_of(exchange_of(shop, answer(200, PAGE, media_type="text/html"), "job")) == "200 page"


def test_an_answer_to_a_request_that_is_not_plain_shows_nothing() -> None:
    assert label_of(exchange_of(ONE, answer(200), "a/b")) is None


@pytest.mark.parametrize(
    ("outcome", "example"),
    [
        (answer(301, b"", ("Location", "/api/a/x?token=1#a")), "http://127.0.0.1:1/api/a/x"),
        (answer(302, b"", ("Location", "https://me:pw@sso.example/login")), "https://sso.example/login"),
        (answer(300, b"", ("Location", "x")), "http://127.0.0.1:1/a/x"),
        (answer(302, b"", ("Location", "http://[x")), ""),
        (answer(400, b"", ("Location", "/x")), ""),
        (answer(302), ""),
        (answer(302, PAGE, media_type="text/html"), ""),
        (answer(401, b"", ("WWW-Authenticate", 'Bearer realm="a, Basic b", error="c"')), "Bearer"),
        (
            answer(401, b"", ("WWW-Authenticate", "Negotiate, Basic realm=x"), ("WWW-Authenticate", "DPoP a=b")),
            "Negotiate, Basic, DPoP",
        ),
        (answer(401, b"", ("WWW-Authenticate", "Basic, Basic realm=x")), "Basic"),
        (answer(401, b"", ("WWW-Authenticate", '"Basic"')), ""),
        (answer(401, b"", ("Proxy-Authenticate", "Basic realm=x")), ""),
        (answer(407, b"", ("Proxy-Authenticate", "Basic realm=x")), "Basic"),
        (answer(401), ""),
        (answer(407, PAGE, media_type="text/html"), ""),
        (answer(200, PAGE, media_type="text/html"), "Sign in & go"),
        (answer(400, PAGE, media_type="text/html"), "Sign in & go"),
        (answer(403, PAGE), ""),
        (answer(200, b"<p>", media_type="text/html"), ""),
        (Failure("reset", ""), ""),
    ],
    ids=str,
)
def test_a_rejection_says_where_it_leads_or_what_it_asks_for(outcome: Response | Failure, example: str) -> None:
    assert example_of(exchange_of(ONE, outcome, "x")) == example


def test_a_title_is_shown_though_its_page_is_no_utf_8() -> None:
    page = answer(200, b"<TITLE lang=fr>caf\xe9 <b></TITLE>", media_type="text/html")
    assert example_of(exchange_of(ONE, page, "x")) == "caf\ufffd <b>"


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"401": 437}, "whatever was asked for was answered 401"),
        ({"403": 1, LET_IN: 0}, "whatever was asked for was answered 403"),
        ({"404 page": 3, "404": 1, "301": 1}, "whatever was asked for was answered 301 or 404"),
    ],
    ids=str,
)
def test_a_target_that_only_answers_by_rejections_rejects_its_caller(answers: dict[str, int], words: str) -> None:
    assert str(all_rejected(answers)) == words


def test_ways_of_rejecting_are_told_apart_and_each_has_its_example() -> None:
    examples = {"302": "https://sso.example/login", "404 page": "Not here", "429": "of no use"}
    rejected = all_rejected({"404 page": 3, "404": 1, "302": 1}, examples)
    assert rejected is not None
    assert [(each.status, each.is_page, each.example) for each in rejected.rejections] == [
        (302, False, "https://sso.example/login"),
        (404, False, ""),
        (404, True, "Not here"),
    ]
    assert [each.leads_elsewhere for each in rejected.rejections] == [True, False, True]


@pytest.mark.parametrize("answers", [{}, {"401": 0}, {"timeout": 3}, {"401": 299, LET_IN: 1}, {"401": 9, "reset": 1}])
def test_one_answer_of_another_kind_shows_that_the_caller_is_accepted(answers: dict[str, int]) -> None:
    assert all_rejected(answers) is None


LABELS = st.sampled_from(["301", "401", "404", "200 page", "429", LET_IN, "reset"])


@given(st.dictionaries(LABELS, st.integers(0, 5)), st.dictionaries(LABELS, st.integers(0, 5)))
def test_two_runs_together_were_rejected_only_if_both_were(one: dict[str, int], other: dict[str, int]) -> None:
    both = all_rejected(Counter(one) + Counter(other))
    seen = [run for run in (one, other) if any(run.values())]
    assert (both is not None) == (bool(seen) and all(all_rejected(run) for run in seen))


# When no more is asked.


def reject(
    rejections: Rejections, operation: Operation, thing: str, exists: bool | None = None, status: int = 401
) -> None:
    rejections.check()
    rejections.note(exchange_of(operation, answer(status), thing, exists=exists))


def stops(rejections: Rejections) -> bool:
    try:
        rejections.check()
    except CallerRejected:
        return True
    return False


@pytest.mark.parametrize("known", [1, 3, 19, 20, 60])
def test_no_more_is_asked_after_twenty_rejections_of_all_known_resources(known: int) -> None:
    rejections = Rejections({ONE.path: known, OTHER.path: 0})
    for number in range(MIN_REJECTIONS):
        reject(rejections, ONE, f"job-{number % known}", True)
    assert stops(rejections)
    with pytest.raises(CallerRejected, match="20 requests were refused, and none was let in"):
        rejections.check()


def test_rejections_of_unknown_resources_stop_no_run_that_knows_others() -> None:
    rejections = Rejections({ONE.path: 1})
    for number in range(3 * MIN_REJECTIONS):
        reject(rejections, ONE, f"job-{number}", None, 403)
    reject(rejections, ONE, "known", True, 200)
    for _ in range(3 * MIN_REJECTIONS):
        reject(rejections, ONE, "known", True, 403)
    assert not stops(rejections)


def test_no_run_stops_before_every_operation_rejected_its_known_resources() -> None:
    rejections = Rejections({ONE.path: 30, OTHER.path: 2})
    for number in range(30):
        reject(rejections, ONE, f"job-{number}", True)
    reject(rejections, OTHER, "x", True)
    assert not stops(rejections)
    reject(rejections, OTHER, "y", True)
    assert stops(rejections)


def test_if_no_resource_is_known_rejections_of_twenty_different_ones_are_enough() -> None:
    rejections = Rejections()
    for _ in range(3 * MIN_REJECTIONS):
        reject(rejections, ONE, "job", False)
    for number in range(MIN_REJECTIONS - 1):
        assert not stops(rejections)
        reject(rejections, ONE, f"job-{number}", False)
    assert stops(rejections)


def test_failures_and_answers_to_requests_that_are_not_plain_do_not_count() -> None:
    rejections = Rejections()
    for number in range(3 * MIN_REJECTIONS):
        rejections.note(exchange_of(ONE, answer(401), f"a/{number}"))
        rejections.note(exchange_of(ONE, Failure("reset", ""), f"job-{number}"))
    assert not stops(rejections)


def test_the_statuses_of_all_rejections_are_known_until_one_request_is_accepted() -> None:
    rejections = Rejections({ONE.path: 3})
    assert rejections.all_rejected() is None
    for status in (403, 401, 403):
        reject(rejections, ONE, "job", None, status)
    rejected = rejections.all_rejected()
    assert rejected is not None
    assert rejected.statuses == ("401", "403")
    reject(rejections, ONE, "known", True, 200)
    assert rejections.all_rejected() is None


@pytest.mark.parametrize("status", [401, 403])
def test_a_resource_that_is_rejected_by_two_statuses_counts_once(status: int) -> None:
    rejections = Rejections({ONE.path: 2})
    for number in range(2 * MIN_REJECTIONS):
        reject(rejections, ONE, "job-1", True, (401, 403)[number % 2])
    assert not stops(rejections)
    reject(rejections, ONE, "job-2", True, status)
    assert stops(rejections)


@pytest.mark.parametrize("operations", [1, 2, 7])
def test_of_many_operations_a_few_known_resources_each_are_enough(operations: int) -> None:
    every = [document_of(path=f"/{number}/{{thing}}").operations[0] for number in range(operations)]
    rejections, share = Rejections({each.path: 60 for each in every}), share_of(operations)
    for sent in range(share * operations):
        assert not stops(rejections)
        reject(rejections, every[sent % operations], f"job-{sent}", True, 404)
    assert stops(rejections)


@pytest.mark.parametrize(
    ("operations", "share"), [(0, 20), (1, 20), (2, 10), (3, 7), (7, 3), (19, 2), (20, 1), (60, 1)]
)
def test_operations_share_the_twenty_rejections_evenly(operations: int, share: int) -> None:
    assert share_of(operations) == share


# Several processes.


def test_processes_that_share_a_file_are_rejected_and_accepted_together(tmp_path: Path) -> None:
    def both(name: str) -> list[Rejections]:
        return [Rejections({ONE.path: 1}, tmp_path / name) for _ in range(2)]

    rejected, accepted = both("one"), both("other")
    for number in range(MIN_REJECTIONS):
        for pair in (rejected, accepted):
            reject(pair[number % 2], ONE, "known", number > 1)
    stopped = [stops(each) and each.all_rejected() is not None for each in rejected]
    accepted[0].note(exchange_of(ONE, answer(200), "known"))
    assert (stopped, [stops(each) for each in accepted]) == ([True, True], [False, False])
    for each in (*rejected, *accepted):
        each.close()


ASKER = """
import sys
from pathlib import Path
from contracts.http.rejection import CallerRejected, Rejections
from tests.support.tiny import answer, document_of, exchange_of

operation, sent = document_of(path="/a/{thing}").operations[0], 0
rejections = Rejections({operation.path: 60} if sys.argv[3] == "known" else {}, Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
try:
    for number in range(60):
        rejections.check()
        rejections.note(exchange_of(operation, answer(401), f"{sys.argv[2]}-{number}", exists=True))
        sent += 1
except CallerRejected:
    print(sent)
"""


@pytest.mark.parametrize("known", ["known", "unknown"])
def test_processes_that_ask_for_different_resources_stop_after_twenty_rejections_in_all(
    tmp_path: Path, known: str
) -> None:
    root, pipe = Path(__file__).parents[3], subprocess.PIPE
    askers = []
    for name in "abc":
        command = [sys.executable, "-c", ASKER, str(tmp_path / "file"), name, known]
        askers.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=root))
        assert askers[-1].stdout is not None
        assert askers[-1].stdout.readline() == "ready\n"
    for asker in askers:
        assert asker.stdin is not None
        asker.stdin.write("begin\n")
        asker.stdin.flush()
    sent = sum(int(asker.communicate(timeout=60)[0]) for asker in askers)
    # A process may have sent its request by the time another one sends the twentieth.
    assert MIN_REJECTIONS <= sent < MIN_REJECTIONS + len(askers)


# Resources that hang.


def test_a_resource_hangs_after_three_timeouts_in_a_row_and_until_an_answer_comes() -> None:
    hanging = HangingResources()
    timeout, reset = Failure("timeout", ""), Failure("reset", "")
    outcomes: list[Response | Failure] = [*[timeout] * (TIMEOUTS - 1), reset, *[timeout] * TIMEOUTS]
    shown = []
    for outcome in (*outcomes, answer(200)):
        hanging.note(exchange_of(ONE, outcome, "slow"))
        shown.append(hanging.is_hanging(ONE.path, ("slow",)))
    assert shown == [False] * (len(outcomes) - 1) + [True, False]
    assert not hanging.is_hanging(ONE.path, ("other",))
    assert not hanging.is_hanging(OTHER.path, ("slow",))
