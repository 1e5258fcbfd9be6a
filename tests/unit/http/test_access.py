"""A caller who was let in may be rejected later: its key ran out, or is to be renewed."""

from __future__ import annotations

import pytest

from contracts.http.exchange import Failure, Response
from contracts.http.rejection import LET_IN, MIN_REJECTIONS, Access, AccessLost, Renewals, label_of
from tests.support.tiny import answer, document_of, exchange_of

ONE = document_of(path="/a/{thing}").operations[0]


# A key that runs out.


def note(access: Access, status: int, times: int = 1, thing: str = "job") -> None:
    for _ in range(times):
        access.note(exchange_of(ONE, answer(status), thing))


@pytest.mark.parametrize("status", [401, 403, 302])
def test_a_key_that_is_rejected_from_some_request_on_has_run_out(status: int) -> None:
    access = Access()
    note(access, 200)
    note(access, 422, thing="other")
    note(access, status, MIN_REJECTIONS - 1)
    assert access.doubt() is None
    note(access, status)
    assert access.doubt() == (ONE, {"thing": "job"})
    with pytest.raises(AccessLost, match=f"accepted until request 2, .* answered {status}; has it expired"):
        access.settle(exchange_of(ONE, answer(status), "job"))


PAGE = b"<title>Sign in</title>"


@pytest.mark.parametrize(
    ("again", "label", "answered"),
    [
        (answer(401, b"", ("WWW-Authenticate", "Basic")), "401", "401"),
        (answer(302, b"", ("Location", "https://sso.example/in?a=b")), "302", "302 to https://sso.example/in"),
        (answer(302), "302", "302"),
        (answer(200, PAGE, media_type="text/html"), "200 page", "200 with an HTML page"),
    ],
    ids=["401", "redirect", "redirect to nowhere", "page"],
)
def test_who_lost_access_is_told_since_when_and_how(again: Response, label: str, answered: str) -> None:
    access = Access()
    note(access, 401)
    note(access, 200)
    with pytest.raises(AccessLost) as lost:
        access.settle(exchange_of(ONE, again, "job"))
    assert lost.value.label == label
    assert str(lost.value) == (
        f"the key was accepted until request 2, and whatever was asked for since was answered {answered}; "
        "has it expired?"
    )


def test_who_sent_no_key_is_not_told_that_one_was_accepted() -> None:
    access = Access(by_key=False)
    note(access, 200)
    with pytest.raises(AccessLost) as lost:
        access.settle(exchange_of(ONE, answer(403), "job"))
    assert str(lost.value) == (
        "requests without a key were let in until request 1, and whatever was asked for since was answered 403; "
        "look into the server's log"
    )


def test_pages_instead_of_answers_raise_a_doubt() -> None:
    access = Access()
    note(access, 200)
    for _ in range(MIN_REJECTIONS):
        access.note(exchange_of(ONE, answer(200, PAGE, media_type="text/html"), "job"))
    assert access.doubt() == (ONE, {"thing": "job"})


@pytest.mark.parametrize(
    ("status", "body", "label"),
    [
        (200, b'{"id": "job"}', LET_IN),
        (206, b" [1]", LET_IN),
        (200, b'{"n": NaN, "n": 1}', LET_IN),
        (200, b'"Sign in"', "200 page"),
        (200, b"{broken", "200 page"),
        (200, b"", "200 page"),
        (422, b'{"id": "job"}', "422 page"),
    ],
)
def test_a_success_that_holds_json_is_no_page_whatever_media_type_it_claims(
    status: int, body: bytes, label: str
) -> None:
    assert label_of(exchange_of(ONE, answer(status, body, media_type="text/html"), "job")) == label


@pytest.mark.parametrize(
    ("statuses", "proof"),
    [((422,), "job-0"), ((422, 500), "job-0"), ((422, 200), "job-1"), ((200, 422), "job-0"), ((200, 206), "job-1")],
)
def test_the_last_success_is_the_proof_or_else_the_first_answer(statuses: tuple[int, ...], proof: str) -> None:
    access = Access()
    for number, status in enumerate(statuses):
        note(access, status, thing=f"job-{number}")
    note(access, 401, MIN_REJECTIONS)
    assert access.doubt() == (ONE, {"thing": proof})


def test_resources_that_are_always_refused_raise_a_doubt_more_and_more_rarely() -> None:
    access, doubts = Access(), []
    note(access, 200)
    for rejections in range(1, 15 * MIN_REJECTIONS + 1):
        note(access, 401)
        if access.doubt():
            doubts.append(rejections)
            access.settle(exchange_of(ONE, answer(200), "job"))
    assert doubts == [20, 60, 140, 300]


@pytest.mark.parametrize("status", [404, 407, 429, 500])
def test_what_has_another_cause_raises_no_doubt(status: int) -> None:
    access = Access()
    note(access, 200)
    note(access, status, 3 * MIN_REJECTIONS)
    assert access.doubt() is None
    access.settle(exchange_of(ONE, answer(status), "job"))


def test_a_caller_that_was_never_let_in_has_lost_nothing() -> None:
    access = Access()
    note(access, 401, 3 * MIN_REJECTIONS)
    assert access.doubt() is None
    assert not access.was_let_in


# A key that is renewed.


def due(renewals: Renewals, refusals: int) -> list[int]:
    """At which of so many requests, each answered 401 with every key, a new key is got."""
    found = []
    for number in range(1, refusals + 1):
        if renewals.are_due(answer(401)):
            found.append(number)
            renewals.note(answer(401))
    return found


def test_where_another_key_changes_nothing_it_is_renewed_more_and_more_rarely() -> None:
    assert due(Renewals(), 31) == [1, 3, 7, 15, 31]


@pytest.mark.parametrize("outcome", [answer(200), answer(403), answer(404), Failure("reset", "")], ids=str)
def test_a_key_that_changes_something_is_renewed_at_the_next_401(outcome: Response | Failure) -> None:
    renewals = Renewals()
    assert due(renewals, 6) == [1, 3]
    assert renewals.are_due(answer(401))
    renewals.note(outcome)
    assert due(renewals, 7) == [1, 3, 7]


@pytest.mark.parametrize(
    "outcome", [answer(200), answer(400), answer(402), answer(403), answer(407), Failure("reset", "401")], ids=str
)
def test_a_key_is_renewed_for_no_other_outcome_than_a_401(outcome: Response | Failure) -> None:
    renewals = Renewals()
    assert not any(renewals.are_due(outcome) for _ in range(3))
    assert due(renewals, 2) == [1]
    assert not any(renewals.are_due(outcome) for _ in range(3))
    assert due(renewals, 1) == [1]
