"""What a rule means is one text: in the terminal, on the page, in SARIF; and every report says once where it stands."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest

from contracts.reports import github, junit, markdown, page, sarif, terminal
from contracts.rules import RULES, explain, explanation_markdown, explanation_rows, where_explained
from contracts.verdict import Verdict
from tests.support.pet_verdicts import BODIES, verdict_of, waived_verdict_of

BROKEN = verdict_of(*BODIES)
RULES_BROKEN = [finding.violation.rule for finding in BROKEN.findings]


class Explained(HTMLParser):
    """The text of every element of the class `explanation`, and what is open of them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[str] = []
        self._depth = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        is_outer = ("class", "explanation") in attrs
        if is_outer:
            self.texts.append("")
            self.tags.append(tag)
            assert "open" not in dict(attrs)
        self._depth += tag == "details" and bool(is_outer or self._depth)

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag == "details" and bool(self._depth)

    def handle_data(self, data: str) -> None:
        if self._depth:
            self.texts[-1] += data


def test_the_page_explains_the_rule_of_each_violation_in_place_and_needs_no_script_for_it() -> None:
    file = io.StringIO()
    page.render(BROKEN, None, (), (), file)
    explained = Explained(file.getvalue())
    assert explained.tags == ["details"] * len(RULES_BROKEN)
    for rule, text in zip(RULES_BROKEN, explained.texts, strict=True):
        for row in explanation_rows(rule):
            assert row.label in text
            assert row.text in text


def test_a_rule_of_sarif_has_our_text_and_leads_to_where_its_source_is_published() -> None:
    (run,) = sarif.log(BROKEN)["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted({*RULES_BROKEN})
    for rule in rules:
        code = rule["id"]
        assert rule["help"] == {"text": "\n".join(explain(code)), "markdown": "\n".join(explanation_markdown(code))}
        assert rule.get("helpUri", "") == RULES[code].url


def test_a_rule_whose_source_is_published_nowhere_has_no_link() -> None:
    codes = {code for code in RULES if not RULES[code].url}
    assert "transport.timeout" in codes
    for code in codes:
        assert "helpUri" not in sarif.descriptor(code)


def junit_of(verdict: Verdict) -> str:
    file = io.StringIO()
    junit.render(verdict, {}, file)
    return "\n".join(ET.fromstring(file.getvalue()).itertext())


REPORTS = {
    "terminal": lambda verdict: "\n".join(terminal.terminal_lines(verdict)),
    "report.md": lambda verdict: "\n".join(markdown.summary(verdict)),
    "GitHub": lambda verdict: "\n".join(github.github_commands(verdict)),
    "junit.xml": junit_of,
}


@pytest.mark.parametrize("report", REPORTS)
def test_a_report_on_violations_says_once_where_its_rules_are_explained(report: str) -> None:
    text = REPORTS[report](BROKEN)
    assert text.count("contract explain") == 1
    assert where_explained(*RULES_BROKEN) in text
    assert REPORTS[report](verdict_of({"name": "a"})).count("contract explain") == 0


def test_the_last_line_of_the_terminal_says_where_a_rule_is_explained() -> None:
    *_, last = terminal.terminal_lines(BROKEN)
    assert last == f"explained   {where_explained(*RULES_BROKEN)}"


def test_each_broken_rule_is_named_once_and_of_many_the_first_five() -> None:
    what = "with examples, and what to do"
    assert where_explained("schema.type") == f"`contract explain schema.type` says what that rule means, {what}"
    two = where_explained("schema.type", "json.depth", "schema.type")
    assert two == f"`contract explain schema.type json.depth` says what these rules mean, {what}"
    command = "`contract explain body.missing json.encoding json.malformed json.surrogate schema.required`"
    assert where_explained(*RULES_BROKEN) == f"{command} (and 2 more) says what these rules mean, {what}"


def test_what_is_waived_needs_no_explanation() -> None:
    verdict = waived_verdict_of({"name": 5})
    assert not verdict.findings
    assert not [report for report in REPORTS.values() if "contract explain" in report(verdict)]
