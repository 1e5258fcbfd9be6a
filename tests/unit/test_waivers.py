"""Waivers: what they cover is told and does not fail, what they do not cover stands, and none covers everything."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import ConfigurationError
from contracts.tally import Judge
from contracts.verdict import Outcome, Run, Terms, Verdict, conclude
from contracts.violation import Violation
from contracts.waivers import UNFINISHED, Waiver, Waivers, draft, load
from tests.unit.tiny import answer, document_of, exchange_of

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
    told = {"number": 1, "reason": "known", "owner": "us", "expires": TODAY, **more}
    return Waiver(rule=rule, place=place, **told)


def judged(*bodies: Any, waivers: tuple[Waiver, ...] = (), strict: bool = False) -> Verdict:
    known = Waivers(waivers, TODAY)
    judge = Judge(waiver=known.covering)
    for number, body in enumerate(bodies):
        judge(exchange_of(OPERATION, answer(200, body), f"it{number}"))
    run = Run("http://127.0.0.1:1", DOCUMENT, "ci", NOW, 1.0)
    return conclude(run, judge.tally, Terms(waivers=known, strict=strict))


def test_what_is_waived_is_told_and_does_not_fail() -> None:
    verdict = judged({"state": "x"}, waivers=(waiver(),))
    assert verdict.outcome is Outcome.CONFORMS
    assert verdict.findings == ()
    (waived,) = verdict.waived
    assert (waived.violation.rule, waived.waiver) == ("schema.enum", waiver())


def test_what_no_waiver_covers_stands_beside_it() -> None:
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
    ],
    ids=str,
)
def test_a_waiver_covers_sighting_by_sighting_what_it_names(more: dict[str, Any], waived: int, standing: int) -> None:
    verdict = judged({"state": "x"}, {"state": "x"}, waivers=(waiver(**more),))
    assert sum(each.count for each in verdict.waived) == waived
    assert sum(each.count for each in verdict.findings) == standing


def test_a_waiver_holds_to_the_end_of_its_last_day_and_fails_from_then_on() -> None:
    assert judged({"state": "x"}, waivers=(waiver(expires=TODAY),)).outcome is Outcome.CONFORMS
    expired = waiver(expires=TODAY - datetime.timedelta(1))
    verdict = judged({"state": "x"}, waivers=(expired,))
    assert verdict.outcome is Outcome.VIOLATES
    assert [each.waiver for each in verdict.findings] == [expired]
    assert verdict.stale == ()


def test_a_waiver_that_covers_nothing_is_stale_and_fails_where_that_is_asked() -> None:
    assert judged({}, waivers=(waiver(),)).stale == (waiver(),)
    assert judged({}, waivers=(waiver(),)).outcome is Outcome.CONFORMS
    assert judged({}, waivers=(waiver(),), strict=True).outcome is Outcome.VIOLATES
    assert judged({"state": "x"}, waivers=(waiver(),), strict=True).outcome is Outcome.CONFORMS


bodies = st.lists(st.sampled_from([{}, {"state": "x"}, {"state": "y"}, {"name": 5}, {"list": [1]}]), max_size=5)
entries = st.lists(
    st.builds(
        waiver,
        st.sampled_from(["schema.*", "schema.enum", "*.type"]),
        st.sampled_from(["*", "body/state", "body/list/*"]),
        id=st.sampled_from(["", "it0", "it[12]"]),
        value=st.sampled_from(["", '"x"', "5"]),
        expires=st.sampled_from([TODAY, TODAY - datetime.timedelta(1)]),
    ),
    max_size=3,
).map(lambda drawn: tuple(Waiver(**{**vars_of(each), "number": number}) for number, each in enumerate(drawn, 1)))


def vars_of(each: Waiver) -> dict[str, Any]:
    return {name: getattr(each, name) for name in Waiver.__dataclass_fields__}


@given(bodies, entries)
def test_no_sighting_is_lost_whatever_is_waived(found: list[Any], waivers: tuple[Waiver, ...]) -> None:
    def counts(verdict: Verdict) -> dict[tuple[str, ...], int]:
        told: dict[tuple[str, ...], int] = {}
        for each in (*verdict.findings, *verdict.waived):
            told[each.violation.identity] = told.get(each.violation.identity, 0) + each.count
        return told

    assert counts(judged(*found, waivers=waivers)) == counts(judged(*found))


@given(bodies, entries)
def test_an_expired_waiver_is_as_none(found: list[Any], waivers: tuple[Waiver, ...]) -> None:
    live = [each for each in waivers if each.holds(TODAY)]
    renumbered = tuple(Waiver(**{**vars_of(each), "number": number}) for number, each in enumerate(live, 1))
    with_all, with_live = judged(*found, waivers=waivers), judged(*found, waivers=renumbered)
    assert with_all.outcome is with_live.outcome
    assert [each.violation for each in with_all.findings] == [each.violation for each in with_live.findings]


def test_a_file_of_waivers_is_read(tmp_path: Path) -> None:
    file = tmp_path / "waivers.toml"
    file.write_text(ENTRY + 'id = "a*"\nstatus = 200\n', "utf-8")
    assert load(file) == (waiver(expires=datetime.date(2026, 12, 31), id="a*", status=200),)
    file.write_text("", "utf-8")
    assert load(file) == ()


@pytest.mark.parametrize(
    ("old", "new", "told"),
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
        ('owner = "us"', 'owner = "us"\nstatus = true', "has status = True; write a number"),
        ("[[waiver]]", "[waivers]", "something else than [[waiver]] entries"),
        ("[[waiver]]", "[waiver]", "something else than [[waiver]] entries"),
        ("[[waiver]]", "[[waiver", "is no TOML"),
        (ENTRY, ENTRY + ENTRY, "waiver 2 says the same as waiver 1"),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused_in_a_line_with_its_number(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    file = tmp_path / "waivers.toml"
    file.write_text(ENTRY.replace(old, new), "utf-8")
    with pytest.raises(ConfigurationError) as raised:
        load(file)
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        load(tmp_path / "none.toml")


VIOLATIONS = [
    Violation("schema.enum", 200, "body/state", "#", '["on"]', '"[x]?"', cause="[x]?"),
    Violation("schema.type", 200, "body/list/3", "#", '"string"', "5", cause="integer", branch="CAT"),
    Violation("json.malformed", 422, "body@17", "#"),
    Violation("transport.timeout", 0, "transport", ""),
]


@pytest.mark.parametrize("violation", VIOLATIONS, ids=lambda each: each.rule)
def test_a_draft_is_refused_until_it_is_finished_and_then_covers_what_it_was_drafted_for(
    tmp_path: Path, violation: Violation
) -> None:
    file = tmp_path / "waivers.toml"
    file.write_text(draft([violation, violation], TODAY), "utf-8")
    with pytest.raises(ConfigurationError, match="no reason yet"):
        load(file)
    file.write_text(file.read_text("utf-8").replace(UNFINISHED, "because"), "utf-8")
    (made,) = load(file)
    assert made.covers(violation, ("any",))
    assert made.expires == TODAY + datetime.timedelta(30)
    others = [each for each in VIOLATIONS if each is not violation]
    assert not any(made.covers(each, ("any",)) for each in others)
