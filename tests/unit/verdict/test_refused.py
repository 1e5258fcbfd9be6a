"""Refused ids in a tally and a verdict: each id once, the class that explains the most of them, no violation."""

from __future__ import annotations

import json

from contracts.http.exchange import Failure, Response
from contracts.reports.verdict_words import refused_line
from contracts.run.observer import Observer
from contracts.verdict.tally import Tally
from contracts.verdict.verdict import Outcome
from tests.support.tiny import JSON, answer, document_of, exchange_of
from tests.support.verdicts import contents, operation, verdict_on

NGINX = answer(400, b"<p>", ("Server", "nginx/1.22"), media_type="text/html")


def seen(*answers: tuple[str, Response | Failure], strict: bool = False) -> Tally:
    observer = Observer(strict_refusals=strict)
    for name, outcome in (*answers, ("one", answer(200, {"state": "on"}))):
        observer(exchange_of(operation(), outcome, name))
    return observer.take()


def lines(tally: Tally) -> list[str]:
    return [refused_line(each) for each in verdict_on(tally, operation().document).refused]


def test_each_id_is_counted_once_and_no_violation_is_found() -> None:
    tally = seen(("\0", NGINX), ("\0", NGINX), ("a\0", NGINX), ("a\0/", NGINX))
    verdict = verdict_on(tally, operation().document)
    assert verdict.outcome is Outcome.CONFORMS
    assert lines(tally) == ["3 ids with a control character: 400 text/html (nginx)"]
    assert verdict.refused[0].witness.request.parameter_values == ("\0",)
    assert verdict.answers == {"200": 1, "400": 4}


def test_the_class_that_the_most_ids_share_is_named() -> None:
    apache = answer(404, b"<p>", ("Server", "Apache"), media_type="text/html")
    assert lines(seen(("\n/", apache), ("a/b", apache), ("{}", apache), ("{}/", apache))) == [
        "3 ids with a slash: 404 text/html (Apache)",
        "1 id with braces: 404 text/html (Apache)",
    ]


def test_a_redirect_is_told_with_where_it_leads() -> None:
    redirect = answer(307, b"", ("Location", "/things/x/"), media_type=None)
    assert lines(seen(("x/", redirect))) == ["1 id with a slash: 307 to /things/x/"]


def test_a_closed_connection_is_told_in_words() -> None:
    words = "1 id with more than 100 characters: the connection was closed"
    assert lines(seen(("x" * 101, Failure("reset", "gone")))) == [words]


def test_a_refusal_shows_nothing_of_the_contract() -> None:
    tally = seen(("a/b", answer(404)))
    assert tally.features == seen().features
    assert tally.successes == seen().successes


def test_strictly_a_refusal_is_a_violation() -> None:
    tally = seen(("\0", NGINX), strict=True)
    assert [each.violation.rule for each in tally.found] == ["status.undocumented"]
    assert lines(tally) == []


def test_what_tallies_saw_refused_is_merged_and_read_back() -> None:
    one, two = seen(("a\udcff", NGINX), ("\0", NGINX)), seen(("b\udcff", NGINX), ("\0", NGINX))
    again = Tally.from_json(json.loads(json.dumps(one.to_json())))
    assert contents(again) == contents(one)
    again.merge(two)
    assert lines(again) == [
        "2 ids with bytes that are not UTF-8: 400 text/html (nginx)",
        "1 id with a control character: 400 text/html (nginx)",
    ]


def test_what_rejects_every_request_is_no_refusal_of_an_id() -> None:
    observer = Observer()
    for name in ("one", "two", "a/b"):
        observer(exchange_of(operation(), answer(403), name))
    verdict = verdict_on(observer.take(), operation().document)
    assert verdict.all_rejected
    assert verdict.refused == ()


def test_a_documented_status_by_which_every_request_is_rejected_is_no_refusal_of_an_id() -> None:
    promised = {"description": "", "content": {JSON: {}}}
    document = document_of(responses={"200": promised, "404": promised})
    observer = Observer()
    for name in ("one", "two", "a/b"):
        page = answer(404, b"<p>", media_type="text/html")
        observer(exchange_of(document.operations[0], page, name))
    tally = observer.take()
    assert [each.refusal.answer for each in tally.refusals] == ["404"]
    verdict = verdict_on(tally, document)
    assert verdict.all_rejected
    assert verdict.refused == ()


def test_a_status_that_ordinary_ids_get_too_is_no_refusal_of_strange_ones() -> None:
    observer = Observer()
    for name, outcome in (("one", answer(200, {})), ("two", answer(404)), ("a/b", answer(404)), ("\0", NGINX)):
        observer(exchange_of(operation(), outcome, name))
    verdict = verdict_on(observer.take(), operation().document)
    assert [each.answer for each in verdict.refused] == ["400"]
    assert [each.violation.variant for each in verdict.findings] == ["404"]
