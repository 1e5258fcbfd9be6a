"""Nothing is reported about servers that keep the contract in unusual ways, over real connections."""

from __future__ import annotations

import json

import pytest

from contracts.http.exchange import Response
from contracts.run.observer import Observer
from strategies.mock.mocking import mock_server
from strategies.mock.server import Asked, Change
from tests.support.conforming import (
    SECOND_OPINION,
    SERVERS,
    UNKNOWN,
    chunked_and_gzipped,
    dates,
    different_for_every_resource,
    escaped,
    every_legal_date,
    input_of_any_type,
    late,
    megabytes,
    more_fields,
    number_of,
    pretty,
    quoted_charset,
    unknown_properties,
    with_value,
)
from tests.support.dates import LEGAL_DATES
from tests.support.pinned import DOCUMENT, IDS, KNOWN, OPERATION, PARAMETER
from tests.support.suite import run_suite
from tests.support.talking import guarded_session


def reported(*changes: Change) -> list[str]:
    """Return the violations of two rounds of answers, and the differences between the validators."""
    observer = Observer(SECOND_OPINION)
    with (
        mock_server(DOCUMENT, changes=changes) as server,
        guarded_session(
            server.url, DOCUMENT.operations, observer, exists=lambda operation, resource: resource[0] in KNOWN
        ) as session,
    ):
        for job_id in (*KNOWN, *UNKNOWN) * 2:
            session.ask(OPERATION, {PARAMETER: job_id})
        for spec in OPERATION.responses:
            session.ask(OPERATION, {PARAMETER: KNOWN[0]}, {"Prefer": f"code={spec.status}"})
    assert observer.tally.answers == {"200": 2 * len(KNOWN) + 1, "422": 2 * len(UNKNOWN) + 1}
    return [*(str(record.violation) for record in observer.tally.found), *observer.tally.differing]


@pytest.mark.parametrize("change", SERVERS.values(), ids=SERVERS)
def test_nothing_is_reported_on_a_server_that_conforms(change: Change) -> None:
    assert reported(change) == []


def test_nothing_is_reported_on_a_server_that_combines_all_of_these() -> None:
    body = [every_legal_date, unknown_properties, input_of_any_type, megabytes, escaped, pretty]
    assert reported(*body, quoted_charset, more_fields, late, chunked_and_gzipped) == []


def a_date_without_offset(asked: Asked, response: Response) -> Response:
    """The dates of one job have no offset, which RFC 3339 requires."""
    value = json.loads(response.body)
    for name in dates() if number_of(asked) == 7 else ():
        value[name] = "2024-02-29T12:30:45"
    return with_value(response, value)


def test_the_same_reading_reports_a_server_that_does_not_conform() -> None:
    assert len(reported(a_date_without_offset)) == len(dates()) == 1


def test_every_legal_date_is_served() -> None:
    seen = set()
    with mock_server(DOCUMENT, changes=[every_legal_date]) as server:
        for job_id in KNOWN:
            response = server.answer(Asked("GET", OPERATION.url_path({PARAMETER: job_id})))
            assert isinstance(response, Response)
            seen |= {json.loads(response.body)[name] for name in dates()}
    assert seen == set(LEGAL_DATES)


def test_a_whole_run_reports_nothing_on_a_server_that_is_different_for_every_resource() -> None:
    with mock_server(DOCUMENT, changes=[different_for_every_resource]) as server:
        result = run_suite("--base-url", server.url, *IDS)
    assert result.code == 0, result.output
    assert result.verdict[0].startswith("CONFORMS")
    assert "violations  none" in result.verdict
