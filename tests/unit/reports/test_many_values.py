"""Values and names that a server makes up without end take one line of every text for people, and a bounded page."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from contracts.coverage import Unmet
from contracts.http.exchange import Exchange
from contracts.reports import markdown, page
from contracts.reports.comparison import compare
from contracts.reports.grouping import MIN_VALUES, grouped
from contracts.reports.messages import group_line, violation_line
from contracts.reports.report_json import report
from contracts.reports.terminal import MAX_GROUPS, MAX_REQUIRED, terminal_lines
from contracts.reports.verdict_words import headline, spread
from contracts.run.observer import Observer
from contracts.verdict import records
from contracts.verdict.verdict import AcceptanceCriteria, Verdict, conclude
from contracts.verdict.waivers import Waiver, Waivers
from tests.support.tiny import PETS, answer, document_of, exchange_of
from tests.support.verdicts import STARTED, run_on, tally_on, verdict_on

SCHEMA = {
    "type": "object",
    "properties": {
        "state": {"enum": ["on", "off"]},
        "labels": {"type": "object", "additionalProperties": False},
        "pet": {"$ref": "#/components/schemas/Pet"},
        **{f"n{number:02}": {"type": "integer"} for number in range(60)},
    },
}
DOCUMENT = document_of(SCHEMA, PETS)
(OPERATION,) = DOCUMENT.operations


def exchange(body: Any, name: str, media_type: str = "application/json") -> Exchange:
    return exchange_of(OPERATION, answer(200, body, media_type=media_type), name)


def states(count: int) -> list[Exchange]:
    return [exchange({"state": f"s{number:03}"}, f"it{number}") for number in range(count)]


def verdict_of(found: list[Exchange]) -> Verdict:
    return verdict_on(tally_on(found), DOCUMENT)


def lines_of(found: list[Exchange]) -> list[str]:
    return [f"{group_line(group)} [{spread(*group)}]" for group in grouped(verdict_of(found).findings)]


ENUM = 'schema.enum at /state of 200: expected "on" or "off", got'


def test_few_values_of_an_enum_are_a_line_each_and_five_are_one() -> None:
    assert len(lines_of(states(MIN_VALUES - 1))) == MIN_VALUES - 1
    assert lines_of(states(MIN_VALUES)) == [f'{ENUM} 5 other values, such as "s000" [5x on 5 resources]']


def test_a_line_of_many_values_shows_that_of_the_smallest_witness() -> None:
    small = exchange({"state": "z"}, "a")
    assert lines_of([*states(9), small]) == [f'{ENUM} 10 other values, such as "z" [10x on 10 resources]']


def test_of_more_values_than_are_recorded_a_line_says_so() -> None:
    found = states(records.MAX_VARIANTS + 20)
    assert lines_of(found) == [f'{ENUM} more than 200 other values, such as "s000" [220x on 220 resources]']
    assert headline(verdict_of(found)) == "201 or more distinct violations in 220 answers"
    assert "violations  201 or more, 1 when grouped by likely cause" in terminal_lines(verdict_of(found))


def test_one_that_stands_for_others_says_so_wherever_it_is_told_alone() -> None:
    last = verdict_of(states(records.MAX_VARIANTS + 2)).findings[-1].violation
    assert violation_line(last) == f'{ENUM} "s200" and others, which are not listed one by one'


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (
            [exchange({"labels": {f"l{number}": 1}}, f"it{number}") for number in range(6)],
            "schema.additionalProperties at 6 places, such as /labels/l0 of 200: expected nothing, got 1",
        ),
        (
            [exchange({"pet": {"kind": f"K{number}"}}, f"it{number}") for number in range(6)],
            'union.tag-unknown at /pet/kind of 200: expected "CAT", "DOG" or "EEL", got 6 other values, such as "K0"',
        ),
        (
            [exchange({}, f"it{number}", f"a/b{number}") for number in range(6)],
            (
                "content-type.undocumented at header Content-Type of 200: expected application/json, "
                'got 6 other values, such as "a/b0"'
            ),
        ),
    ],
    ids=["names", "tags", "media types"],
)
def test_names_tags_and_media_types_are_one_line(found: list[Exchange], line: str) -> None:
    assert [each.partition(" [")[0] for each in lines_of(found)] == [line]


def test_values_at_different_places_or_in_different_branches_are_not_one_line() -> None:
    bodies = [{"state": f"s{number}", "pet": {"kind": f"K{number}"}} for number in range(6)]
    assert len(lines_of([exchange(body, f"it{number}") for number, body in enumerate(bodies)])) == 2


def test_a_value_in_another_case_keeps_the_words_that_say_so() -> None:
    lines = lines_of([*states(6), exchange({"state": "ON"}, "a")])
    assert len(lines) == 2
    assert f'{ENUM} "ON"; did it mean "on"? [1x on 1 resource]' in lines


def test_the_terminal_and_markdown_show_a_bounded_number_of_groups_and_say_how_many_more_there_are() -> None:
    bodies = [{f"n{number:02}": "x" * number} for number in range(60)]
    verdict = verdict_of([exchange(body, f"it{number}") for number, body in enumerate(bodies)])
    assert len(grouped(verdict.findings)) == 60
    text = [*terminal_lines(verdict)]
    assert f" {MAX_GROUPS}. " in "\n".join(text)
    assert not any(line.startswith(f" {MAX_GROUPS + 1}. ") for line in text)
    assert "            and 10 more (report.json, which --report-dir writes, has all)" in text
    assert "- and 10 more (report.json has all)" in markdown.summary(verdict)


def test_markdown_lists_as_many_requirements_as_the_terminal() -> None:
    verdict = verdict_of(states(1))
    lacking = replace(verdict, unmet=tuple(Unmet("seen", words=f"number {number}") for number in range(30)))
    listed = [line for line in markdown.summary(lacking) if line.startswith("- `seen`")]
    assert len(listed) == markdown.MAX_LISTED == MAX_REQUIRED
    assert "- and 22 more (report.json has all)" in markdown.summary(lacking)


def test_resources_beyond_those_that_are_kept_are_told_as_or_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MAX_RESOURCES", 3)
    found = [exchange({"state": "x"}, f"it{number}") for number in range(5)]
    assert lines_of(found) == [f'{ENUM} "x" [5x on 3 or more resources]']
    (entry,) = report(verdict_of(found))["violations"]
    assert (len(entry["resources"]), entry["more_resources"], entry["count"]) == (3, True, 5)


def test_a_value_that_is_not_recorded_any_more_is_not_told_as_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MAX_VARIANTS", 3)
    before = report(verdict_of(states(12)[9:]))
    changes = compare(before, verdict_of(states(12)))
    assert changes.fixed == ()
    assert len(changes.unseen) == 3
    assert len(compare(before, verdict_of(states(2))).fixed) == 3


def test_the_page_shows_many_values_in_one_element_that_opens(tmp_path: Any) -> None:
    verdict = verdict_of([*states(7), exchange({"n00": "x"}, "a")])
    file = tmp_path / "page.html"
    with file.open("w", encoding="utf-8") as opened:
        page.render(verdict, None, (), (), opened)
    text = file.read_text("utf-8")
    assert text.count('<details class="alike">') == 1
    assert text.count('<article class="violation"') == 8
    assert "got 7 other values, such as &#34;s000&#34;" in text


def test_waived_values_are_one_line_too() -> None:
    waiver = Waiver(1, "schema.enum", "body/state", "old rows", "us", STARTED.date())
    observer = Observer(waiver=Waivers((waiver,), STARTED.date()).match)
    for each in states(7):
        observer(each)
    criteria = AcceptanceCriteria(Waivers((waiver,), STARTED.date()))
    verdict = verdict_on(observer.take(), DOCUMENT, criteria=criteria)
    waived = [line for line in terminal_lines(verdict) if line.startswith("waived")]
    assert waived == [f'waived      {ENUM} 7 other values, such as "s000" [7x on 7 resources]']
    assert sum("schema.enum" in line for line in markdown.summary(verdict)) == 1


CAPTURED = {
    302: "are these answers of the right server? name it by --server; capture what is behind the redirects",
    401: "capture answers to a client whose API key is right",
    403: "capture answers to a client that may read these resources",
    404: "is the path in --server right, and do these ids exist?",
    407: "capture answers to a client that the proxy knows",
    429: "capture answers to a client that asks more slowly",
}


@pytest.mark.parametrize("status", CAPTURED)
def test_what_to_change_speaks_of_asking_only_where_something_was_asked(status: int) -> None:
    tally = tally_on(exchange_of(OPERATION, answer(status, b"", ("Location", "/else")), "a", exists=True) for _ in "ab")
    asked = run_on(DOCUMENT)
    captured = replace(asked, target="captured answers", server_option="--server", was_captured=True)
    text = "\n".join(terminal_lines(conclude(captured, tally)))
    assert CAPTURED[status] in text
    assert not re.search("--base-url|--rate-limit|--retries|not followed|requests  ", text)
    assert CAPTURED[status] not in "\n".join(terminal_lines(conclude(asked, tally)))
