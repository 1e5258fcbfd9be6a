"""Waivers: a covered violation is reported and does not fail the run, any other stands, and none covers everything."""

from __future__ import annotations

import datetime
import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import ConfigurationError
from contracts.http.exchange import Response
from contracts.judge.violation import Violation
from contracts.openapi import load as load_document
from contracts.openapi.overlay import PINNED_OVERLAY
from contracts.run.observer import Observer
from contracts.verdict.drafts import draft_waivers
from contracts.verdict.tally import Tally
from contracts.verdict.verdict import AcceptanceCriteria, Outcome, RunFacts, Verdict, conclude
from contracts.verdict.waivers import UNFINISHED, Waiver, Waivers, load_waivers
from strategies.faults.fault_table import faults
from tests.support.tiny import answer, document_of, exchange_of

SCHEMA = {
    "properties": {"state": {"enum": ["on", "off"]}, "name": {"type": "string"}, "list": {"items": {"type": "string"}}}
}
DOCUMENT = document_of(SCHEMA)
(OPERATION,) = DOCUMENT.operations
NOW = datetime.datetime(2026, 6, 1, 23, 59, tzinfo=datetime.UTC)
TODAY = NOW.date()

ENTRY = """
[[waiver]]
rule = "schema.enum"
place = "body/state"
reason = "known"
owner = "us"
expires = 2026-12-31
"""


def waiver(rule: str = "schema.enum", place: str = "body/state", **more: Any) -> Waiver:
    fields = {"number": 1, "reason": "known", "owner": "us", "expires": TODAY, **more}
    return Waiver(rule=rule, place=place, **fields)


def judged(*bodies: Any, waivers: tuple[Waiver, ...] = (), strict: bool = False, **about: Any) -> Verdict:
    known = Waivers(waivers, TODAY)
    judge = Observer(waiver=known.match)
    for number, body in enumerate(bodies):
        came = answer(body) if isinstance(body, int) else body if isinstance(body, Response) else answer(200, body)
        judge(exchange_of(OPERATION, came, f"it{number}"))
    run = RunFacts("http://127.0.0.1:1", DOCUMENT, "ci", NOW, 1.0, **about)
    return conclude(run, Tally.from_json(judge.tally.to_json()), AcceptanceCriteria(waivers=known, strict=strict))


def test_a_waived_violation_is_reported_and_does_not_fail_the_run() -> None:
    verdict = judged({"state": "x"}, waivers=(waiver(),))
    assert verdict.outcome is Outcome.CONFORMS
    assert verdict.findings == ()
    (waived,) = verdict.waived
    assert (waived.violation.rule, waived.waiver) == ("schema.enum", waiver())


def test_a_violation_without_a_waiver_stands() -> None:
    verdict = judged({"state": "x", "name": 5}, waivers=(waiver(),))
    assert verdict.outcome is Outcome.VIOLATES
    assert [each.violation.rule for each in verdict.findings] == ["schema.type"]


@pytest.mark.parametrize(
    ("more", "waived", "standing"),
    [
        ({"id": "it0"}, 1, 1),
        ({"id": "it*"}, 2, 0),
        ({"id": "zz"}, 0, 2),
        ({"value": '"x"'}, 2, 0),
        ({"value": '"y*'}, 0, 2),
        ({"status": 200}, 2, 0),
        ({"status": 422}, 0, 2),
        ({"branch": "CAT"}, 0, 2),
        ({"document": "*/type"}, 0, 2),
        ({"document": "#/paths/*"}, 2, 0),
        ({"place": "body/stat?"}, 2, 0),
        ({"place": "body/stat"}, 0, 2),
        ({"place": "body/s[st]ate"}, 0, 2),
    ],
    ids=str,
)
def test_a_waiver_covers_only_the_exchanges_that_it_names(more: dict[str, Any], waived: int, standing: int) -> None:
    verdict = judged({"state": "x"}, {"state": "x"}, waivers=(waiver(**more),))
    assert sum(each.count for each in verdict.waived) == waived
    assert sum(each.count for each in verdict.findings) == standing


def test_a_waiver_is_valid_to_the_end_of_its_last_day_and_expired_from_then_on() -> None:
    assert judged({"state": "x"}, waivers=(waiver(expires=TODAY),)).outcome is Outcome.CONFORMS
    expired = waiver(expires=TODAY - datetime.timedelta(1))
    verdict = judged({"state": "x"}, waivers=(expired,))
    assert verdict.outcome is Outcome.VIOLATES
    assert [each.waiver for each in verdict.findings] == [expired]
    assert verdict.stale == ()


def test_an_expired_waiver_is_named_only_by_the_violations_that_it_fits() -> None:
    past = TODAY - datetime.timedelta(1)
    only_y = waiver(place="body/list/*", rule="schema.type", value="null", expires=past)
    verdict = judged({"list": [1]}, {"list": [None]}, waivers=(only_y,))
    assert {each.violation.actual: each.waiver for each in verdict.findings} == {"1": None, "null": only_y}


@pytest.mark.parametrize("expires", [TODAY, TODAY - datetime.timedelta(1)])
def test_a_waiver_that_covers_nothing_is_stale_and_fails_a_strict_run(expires: datetime.date) -> None:
    idle = waiver(expires=expires)
    assert judged({}, waivers=(idle,)).stale == (idle,)
    assert judged({}, waivers=(idle,)).outcome is Outcome.CONFORMS
    assert judged({}, waivers=(idle,), strict=True).outcome is Outcome.VIOLATES


def test_a_waiver_that_still_covers_something_is_not_stale() -> None:
    assert judged({"state": "x"}, waivers=(waiver(),), strict=True).outcome is Outcome.CONFORMS


@pytest.mark.parametrize(
    ("came", "outcome"),
    [
        (answer(200, b"{"), Outcome.INCONCLUSIVE),
        (answer(200), Outcome.INCONCLUSIVE),
        (answer(200, {}, media_type=None), Outcome.CONFORMS),
    ],
)
def test_a_run_without_a_readable_success_never_conforms_whatever_is_waived(came: Response, outcome: Outcome) -> None:
    rules = ("json.*", "body.*", "content-type.*")
    verdict = judged(came, waivers=tuple(waiver(rule, "*", number=number) for number, rule in enumerate(rules, 1)))
    assert (verdict.outcome, len(verdict.waived)) == (outcome, 1)


def test_a_waiver_beside_a_wider_one_is_not_stale() -> None:
    wide, narrow = waiver("schema.*"), waiver(number=2)
    verdict = judged({"state": "x"}, waivers=(wide, narrow), strict=True)
    assert (verdict.outcome, verdict.stale) == (Outcome.CONFORMS, ())


@pytest.mark.parametrize(
    ("body", "about"), [(401, {}), (422, {}), ({}, {"partial": True}), ({}, {"incident": "the run was interrupted"})]
)
def test_no_waiver_is_stale_in_a_run_that_asked_too_little(body: Any, about: dict[str, Any]) -> None:
    verdict = judged(body, waivers=(waiver(), waiver("status.*", "status", number=2)), strict=True, **about)
    assert verdict.stale == ()
    assert verdict.outcome in (Outcome.INCONCLUSIVE, Outcome.CONFORMS)


bodies = st.lists(st.sampled_from([{}, {"state": "x"}, {"state": "y"}, {"name": 5}, {"list": [1]}]), max_size=5)
entries = st.lists(
    st.builds(
        waiver,
        st.sampled_from(["schema.*", "schema.enum", "*.type"]),
        st.sampled_from(["*", "body/state", "body/list/*"]),
        id=st.sampled_from(["", "it0", "it?"]),
        value=st.sampled_from(["", '"x"', "5"]),
        expires=st.sampled_from([TODAY, TODAY - datetime.timedelta(1)]),
    ),
    max_size=3,
).map(lambda drawn: tuple(Waiver(**{**vars_of(each), "number": number}) for number, each in enumerate(drawn, 1)))


def vars_of(each: Waiver) -> dict[str, Any]:
    return {name: getattr(each, name) for name in Waiver.__dataclass_fields__}


@given(bodies, entries)
def test_waivers_never_change_how_often_a_violation_was_seen(found: list[Any], waivers: tuple[Waiver, ...]) -> None:
    def counts(verdict: Verdict) -> dict[tuple[str, ...], int]:
        found: dict[tuple[str, ...], int] = {}
        for each in (*verdict.findings, *verdict.waived):
            found[each.violation.identity] = found.get(each.violation.identity, 0) + each.count
        return found

    assert counts(judged(*found, waivers=waivers)) == counts(judged(*found))


@given(bodies, entries)
def test_an_expired_waiver_has_no_effect(found: list[Any], waivers: tuple[Waiver, ...]) -> None:
    live = [each for each in waivers if each.holds(TODAY)]
    renumbered = tuple(Waiver(**{**vars_of(each), "number": number}) for number, each in enumerate(live, 1))
    with_all, with_live = judged(*found, waivers=waivers), judged(*found, waivers=renumbered)
    assert with_all.outcome is with_live.outcome
    assert [each.violation for each in with_all.findings] == [each.violation for each in with_live.findings]


@given(bodies, entries, st.randoms(use_true_random=False))
def test_the_order_of_the_waivers_makes_no_difference(
    found: list[Any], waivers: tuple[Waiver, ...], chance: random.Random
) -> None:
    def result(given: list[Waiver]) -> Any:
        renumbered = tuple(Waiver(**{**vars_of(each), "number": number}) for number, each in enumerate(given, 1))
        verdict = judged(*found, waivers=renumbered, strict=True)
        named = [
            sorted((each.violation.identity, each.count, str(each.waiver)) for each in findings)
            for findings in (verdict.findings, verdict.waived)
        ]
        return verdict.outcome, named, sorted(map(str, verdict.stale))

    mixed = list(waivers)
    chance.shuffle(mixed)
    assert result(mixed) == result(list(waivers))


def test_a_file_of_waivers_is_read(tmp_path: Path) -> None:
    file = tmp_path / "waivers.toml"
    file.write_text(ENTRY + 'id = "a*"\nstatus = 999\ndocument = "#/*"\n', "utf-8")
    assert load_waivers(file) == (waiver(expires=datetime.date(2026, 12, 31), id="a*", status=999, document="#/*"),)
    file.write_text("\ufeff" + ENTRY.replace("body/state", "/state"), "utf-8")
    assert load_waivers(file) == (waiver(expires=datetime.date(2026, 12, 31)),)
    file.write_text("", "utf-8")
    assert load_waivers(file) == ()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('owner = "us"', "", "waiver 1 has no owner"),
        ('reason = "known"', 'reason = ""', "waiver 1 has no reason"),
        ('reason = "known"', f'reason = "{UNFINISHED}: say why"', "waiver 1 has no reason yet"),
        ('owner = "us"', 'ovner = "us"', "unknown field ovner; did it mean owner?"),
        ("2026-12-31", '"soon"', "has expires = 'soon'; write a date"),
        ("2026-12-31", "2026-12-31T00:00:00Z", "write a date"),
        ('"schema.enum"', '"schema.enums"', "names no rule: schema.enums; did it mean schema.enum?"),
        ('"schema.enum"', "5", "has rule = 5; write text"),
        ('rule = "schema.enum"\nplace = "body/state"', 'rule = "*"\nplace = "*"', "would cover everything"),
        ('rule = "schema.enum"\nplace = "body/state"', 'rule = "*.*"\nplace = "?*"\nstatus = 200', "cover everything"),
        ('rule = "schema.enum"\nplace = "body/state"', 'rule = "*"\nplace = "/*"\nid = "*"', "cover everything"),
        ('"body/state"', '"state"', "nowhere in an answer; write status, head, header, body, message or transport, or"),
        ('rule = "schema.enum"\n', "", "waiver 1 has no rule"),
        ('owner = "us"', 'owner = " "', "waiver 1 has no owner"),
        ('owner = "us"', 'owner = "us"\nid = ""', "waiver 1 has no id: it is empty"),
        ('owner = "us"', 'owner = "us"\nstatus = 20', "has status = 20; write an HTTP status"),
        ('owner = "us"', 'owner = "us"\nstatus = 1000', "has status = 1000; write an HTTP status"),
        ('owner = "us"', 'owner = "us"\nstatus = true', "has status = True; write a number"),
        ("[[waiver]]", "[[waivers]]", "holds waivers, something else than [[waiver]] entries"),
        ("[[waiver]]", "[waivers]", "something else than [[waiver]] entries"),
        ("[[waiver]]", "[waiver]", "something else than [[waiver]] entries"),
        ("[[waiver]]", "[[waiver", "is no TOML"),
        (ENTRY, ENTRY + ENTRY, "waiver 2 says the same as waiver 1"),
        ('owner = "us"', 'owner = "us"\noperation = "/jobs"', "names the operation /jobs; only waivers of changes do"),
        ('"schema.enum"', '"change.values"\nid = "7"', "names the id 7; changes are of no resource"),
        ('"schema.enum"\nplace = "body/state"', '"change.*"\nplace = "*"', "would cover everything"),
    ],
)
def test_a_wrong_entry_is_refused_in_one_line_with_its_number(tmp_path: Path, old: str, new: str, words: str) -> None:
    file = tmp_path / "waivers.toml"
    file.write_text(ENTRY.replace(old, new), "utf-8")
    with pytest.raises(ConfigurationError) as raised:
        load_waivers(file)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_waiver_can_name_every_violation_that_a_fault_causes(tmp_path: Path) -> None:
    (operation,) = load_document(overlays=[PINNED_OVERLAY]).operations
    broken = {(fault.rule, str(fault.place).replace("@", "@*")) for fault in faults(operation)}
    text = (ENTRY.replace("schema.enum", rule).replace("body/state", place) for rule, place in sorted(broken))
    file = tmp_path / "waivers.toml"
    file.write_text("".join(text), "utf-8")
    assert {(each.rule, each.place) for each in load_waivers(file)} == broken


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        load_waivers(tmp_path / "none.toml")


VIOLATIONS = [
    Violation("schema.enum", 200, "body/state", "#", '["on"]', '"[x]?"', variant="[x]?"),
    Violation("schema.type", 200, "body/list/3", "#", '"string"', "5", variant="integer", branch="CAT"),
    Violation("schema.type", 200, "body/[a]", "#", '"string"', "[1]", variant="array"),
    Violation("schema.type", 200, "body/[a]", "#", '"string"', "null", variant="null"),
    Violation("json.malformed", 422, "body@17", "#"),
    Violation("transport.timeout", 0, "transport", ""),
]


@pytest.mark.parametrize("violation", VIOLATIONS, ids=lambda each: f"{each.rule} {each.variant}")
def test_a_draft_is_refused_until_it_is_finished_and_then_covers_only_its_violation(
    tmp_path: Path, violation: Violation
) -> None:
    file = tmp_path / "waivers.toml"
    file.write_text(draft_waivers([(violation, [("any",)])] * 2, TODAY), "utf-8")
    with pytest.raises(ConfigurationError, match="no reason yet"):
        load_waivers(file)
    file.write_text(file.read_text("utf-8").replace(UNFINISHED, "because"), "utf-8")
    (made,) = load_waivers(file)
    assert made.covers(violation, ("any",))
    assert made.expires == TODAY + datetime.timedelta(30)
    others = [each for each in VIOLATIONS if each is not violation]
    assert not any(made.covers(each, ("any",)) for each in others)


@given(bodies)
def test_a_finished_draft_covers_every_exchange_of_the_violations_it_was_drafted_from(found: list[Any]) -> None:
    found = [*found, {"list": [None, 1, 2, [3], [], "a"], "name": {"a": "*[?"}}, {"state": None}]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "waivers.toml"
        text = draft_waivers(((each.violation, each.resources) for each in judged(*found).findings), TODAY)
        file.write_text(text.replace(UNFINISHED, "because"), "utf-8")
        verdict = judged(*found, waivers=load_waivers(file), strict=True)
    assert (verdict.outcome, verdict.findings, verdict.stale) == (Outcome.CONFORMS, (), ())
