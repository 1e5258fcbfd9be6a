"""The page's parts, without a browser: what it carries, how it lays out an answer, its tree, matrices and drawings."""

from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from contracts.document import Document
from contracts.recorder import Recorded
from contracts.reports import page, report_json
from contracts.reports.page import figures, template, tree, witness
from contracts.tally import Judge
from contracts.verdict import Verdict
from tests.unit.test_reports import DOCUMENT, HOSTILE, OPERATION, SCHEMA, verdicts
from tests.unit.test_verdict import verdict_on
from tests.unit.tiny import PETS, answer, document_at, document_of, exchange_of

texts = st.text(st.characters(codec=None))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)


def page_of(verdict: Verdict, folder: Path = Path("nowhere")) -> str:
    file = io.StringIO()
    page.render(verdict, None, (), folder, file)
    return file.getvalue()


class Elements(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.dictionaries(texts, values, max_size=4))
def test_what_the_page_carries_is_the_report_in_characters_that_end_no_script(raw: dict[str, Any]) -> None:
    text = page.embedded(raw)
    assert json.loads(text) == raw
    assert text.isascii()
    assert not set("<>&\u2028\u2029\n\r") & set(text)


@given(texts)
def test_no_character_that_hides_or_turns_text_around_is_put_out(text: str) -> None:
    shown = template.visible(text)
    assert all(char.isprintable() or char in "\n\t" for char in shown)
    shown.encode()
    if text.isprintable():
        assert shown == text


@given(texts)
def test_a_value_makes_no_element_and_no_attribute(text: str) -> None:
    made = template.environment().from_string('<i class="{{ it }}">{{ it }}</i>').render(it=text)
    ((tag, attributes),) = Elements(made).elements
    assert (tag, [*attributes]) == ("i", ["class"])
    assert not set("<>\"'") & set(made.removeprefix('<i class="').removesuffix("</i>").replace('">', "", 1))


@pytest.mark.parametrize("text", ["curl x", "y" * 9_999, HOSTILE])
def test_a_command_is_told_whole(text: str) -> None:
    shown = template.environment().from_string("{{ it | whole }}").render(it=text)
    assert Markup(shown).unescape() == "".join(template.visible(char) for char in text)


@given(verdicts)
def test_every_verdict_makes_a_page_with_its_outcome_and_every_violation(verdict: Verdict) -> None:
    text = page_of(verdict)
    text.encode()
    elements = Elements(text).elements
    assert [attributes.get("type") for tag, attributes in elements if tag == "script"] == ["application/json", None]
    told = [str(attributes["id"]) for tag, attributes in elements if tag == "article"]
    wanted = [f"violation-{each.violation.fingerprint}" for each in (*verdict.findings, *verdict.waived)]
    assert len(told) == len(wanted)
    assert all(one.startswith(two) for one, two in zip(told, wanted, strict=True))
    assert not [attributes for _, attributes in elements if {"style", "onclick", "src", "srcdoc"} & attributes.keys()]
    assert {attributes["href"][:1] for _, attributes in elements if attributes.get("href")} == {"#"}  # type: ignore[index]


@given(verdicts)
def test_no_id_stands_twice_and_every_link_leads_somewhere(verdict: Verdict) -> None:
    elements = Elements(page_of(verdict)).elements
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    assert {attributes["href"] for _, attributes in elements if "href" in attributes} <= {f"#{each}" for each in ids}


def test_a_report_that_is_too_large_to_carry_is_carried_abridged_with_every_violation() -> None:
    judge = Judge()
    for number in range(8):
        judge(exchange_of(OPERATION, answer(200, {"name": [number, "x" * 400_000][: 1 + number % 2]}), f"it{number}"))
    report = report_json.report(verdict_on(judge.tally, DOCUMENT))
    report["violations"][0]["witness"]["response"]["body"] = "x" * 2_000_000
    carried = json.loads(page.embedded(report))
    assert carried["abridged"]
    assert [each["id"] for each in carried["violations"]] == [each["id"] for each in report["violations"]]


def test_fields_that_the_page_does_not_know_are_shown_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    real = report_json.report

    def extended(*given: Any) -> dict[str, Any]:
        report = real(*given)
        (violation,) = report["violations"]
        violation |= {"severity": "sometimes", "seen_by": {"kind": "probe", "detail": "eu-1"}, "none": []}
        retries = [{"cause": f"50{number}", "times": number * 100} for number in (2, 3, 4)]
        return {**report, "retries": retries, "found_by": ["one", "two"], "nothing": [], "flaky": True}

    monkeypatch.setattr(report_json, "report", extended)
    judge = Judge()
    judge(exchange_of(OPERATION, answer(200, {"name": 5})))
    parsed = Elements(page_of(verdict_on(judge.tally, DOCUMENT)))
    body = parsed.text
    for words in ("severity", "sometimes", "seen by", "eu-1", "Retries", "504", "Found by", "two", "Flaky", "yes"):
        assert words in body
    assert "Nothing" not in body
    assert [attributes for tag, attributes in parsed.elements if tag == "polyline"]


def violation_at(place: str, body: Any, **more: Any) -> dict[str, Any]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return {"place": place, "branch": "", "witness": {"response": {"status": 200, **report_json.body_of(raw)}}, **more}


def marked(laid: Any) -> list[str]:
    return [line.text.strip() for line in laid if line.marked]


@pytest.mark.parametrize(
    ("place", "body", "expected"),
    [
        ("body/a/1", {"a": [1, 2, 3]}, ["2,"]),
        ("body/a", {"a": {"b": 1}, "c": 2}, ['"a": {', '"b": 1', "},"]),
        ("body/a/gone", {"a": {"b": 1}}, ['"gone" is absent']),
        ("body/gone", {}, ['"gone" is absent']),
        ("body/x~1y", {"x": {"y": 2}, "x/y": 1}, ['"x/y": 1']),
        ("body", [1], ["[", "1", "]"]),
        ("body", 5, ["5"]),
        ("status", {"a": 1}, []),
        ("header Content-Type", {"a": 1}, []),
    ],
)
def test_what_is_wrong_in_an_answer_is_marked(place: str, body: Any, expected: list[str]) -> None:
    assert marked(witness.lay_out(violation_at(place, body), 60)) == expected


@given(values)
def test_an_answer_that_is_laid_out_is_the_same_value(value: Any) -> None:
    laid = witness.lay_out(violation_at("status", value), 10_000)
    assert isinstance(laid, tuple)
    if all(len(line.text) < witness.LONGEST for line in laid):
        assert json.loads("\n".join(line.text for line in laid)) == value


@pytest.mark.parametrize("index", [0, 1, 150, 298, 299])
def test_of_a_long_answer_the_lines_around_the_mark_are_shown_and_the_others_counted(index: int) -> None:
    laid = witness.lay_out(violation_at(f"body/{index}", [*range(300)]), 60)
    assert isinstance(laid, tuple)
    assert marked(laid) == [f"{index}," if index < 299 else "299"]
    assert len(laid) <= 70
    assert sum(line.left_out or 1 for line in laid) == 302


@pytest.mark.parametrize(
    ("body", "offset", "expected"),
    [
        (b'{"a" 1}', 5, ('{"a" ', "1", "}")),
        (b'{"a', 3, ('{"a', "", "")),
        ('{"é" 1}'.encode(), 2, ('{"', "é", '" 1}')),
        (b'{"\xff\xfe"}', 2, ('{"', "\\xff", '\\xfe"}')),
        (b"", 0, ("", "", "")),
        (b"{", 99, ("{", "", "")),
    ],
)
def test_a_text_that_breaks_is_marked_at_its_byte(body: bytes, offset: int, expected: tuple[str, str, str]) -> None:
    broken = witness.lay_out(violation_at(f"body@{offset}", body), 60)
    assert isinstance(broken, witness.Broken)
    assert (broken.before, broken.at, broken.after) == expected
    assert broken.size == len(body)


def test_an_answer_that_is_nested_too_deeply_is_shown_as_it_came() -> None:
    assert isinstance(witness.lay_out(violation_at("body/0", b"[" * 100_000), 60), witness.Broken)


def test_no_answer_has_no_lines() -> None:
    assert witness.lay_out({"place": "transport", "witness": {"response": None}}, 60) is None


def grown(*bodies: Any, document: Document = DOCUMENT) -> tree.Place:
    judge = Judge()
    (operation,) = document.operations
    for number, body in enumerate(bodies):
        judge(exchange_of(operation, answer(200, body), f"it{number}"))
    (root,) = tree.grow(report_json.report(verdict_on(judge.tally, document))).values()
    return root


def at(root: tree.Place, *steps: str) -> tree.Place:
    for step in steps:
        root = root.inside[step]
    return root


def test_what_was_seen_stands_at_its_place_of_the_tree() -> None:
    root = grown({"name": "a"}, {"name": "a", "pet": {"kind": "CAT", "toys": {}}})
    kinds = {each["which"]: each["count"] for each in at(root, "200", "pet", "kind").features}
    assert kinds == {"CAT": 1, "DOG": 0, "EEL": 0}
    assert {each["kind"]: each["count"] for each in at(root, "200", "pet", "[CAT]", "toys").features} == {
        "present": 1,
        "absent": 0,
    }
    assert 0 < root.seen < root.promised


@pytest.mark.parametrize(
    ("body", "steps"),
    [
        ({"name": 5}, ("200", "name")),
        ({"name": "a", "pet": {"kind": "CAT", "toys": 1}}, ("200", "pet", "[CAT]", "toys")),
        ({"name": "a", "pet": {"kind": "DOG", "toys": 1}}, ("200", "pet", "[DOG]", "toys")),
        ({"name": "a", "pet": {"kind": "FOX"}}, ("200", "pet", "kind")),
        (b"{", ("200",)),
    ],
)
def test_what_broke_stands_where_it_broke(body: Any, steps: tuple[str, ...]) -> None:
    assert len(at(grown(body), *steps).broken) == 1


def test_a_tree_is_walked_so_that_every_list_ends() -> None:
    document = document_of({"$ref": "#/components/schemas/S0"}, chain(60))
    root = grown({}, document=document)
    depth, deepest = 0, 0
    for place, closed in root.walk():
        depth += bool(place.inside) - closed
        deepest = max(deepest, depth)
    assert depth == 0
    assert deepest == 60
    text = page_of(verdict_on(Judge().tally, document))
    tree_text = text[text.index('<ul class="tree">') : text.index("</section>", text.index('<ul class="tree">'))]
    for tag in ("ul", "li"):
        assert len(re.findall(rf"<{tag}[ >]", tree_text)) == tree_text.count(f"</{tag}>")


def chain(length: int) -> dict[str, Any]:
    """Schemas each of which holds the next."""
    return {
        f"S{number}": {"type": "object", "properties": {"next": {"$ref": f"#/components/schemas/S{number + 1}"}}}
        for number in range(length - 1)
    } | {f"S{length - 1}": {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}}


def test_what_broke_in_one_of_many_stands_at_any_of_them() -> None:
    items = {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer"}}}}
    assert at(grown([{}, {"n": "x"}], document=document_of(items)), "200", "*", "n").broken
    assert at(grown(["x"], document=document_of({"type": "array", "items": {"type": "integer"}})), "200", "*").broken


def test_a_violation_belongs_to_the_operation_that_was_asked() -> None:
    paths = {
        path: {"get": {"responses": {"200": {"description": "", "content": {"application/json": {"schema": SCHEMA}}}}}}
        for path in ("/one", "/two")
    }
    info = {"title": "t", "version": "1"}
    document = document_at({"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": PETS}})
    judge = Judge()
    judge(exchange_of(document.operations[1], answer(200, {"name": 5})))
    report = report_json.report(verdict_on(judge.tally, document))
    roots = tree.grow(report)
    assert at(roots["/two"], "200", "name").broken
    assert not next(iter(roots["/one"].inside["200"].inside.values())).broken


def test_a_matrix_holds_every_pair_in_the_documents_order() -> None:
    schema = {"type": "object", "properties": {"pet": SCHEMA["properties"]["pet"], "mood": {"enum": ["a x b", "c"]}}}  # type: ignore[index]
    judge = Judge()
    document = document_of(schema, PETS)
    judge(exchange_of(document.operations[0], answer(200, {"pet": {"kind": "DOG", "toys": {}}, "mood": "a x b"})))
    (matrix,) = tree.matrices(report_json.report(verdict_on(judge.tally, document)))
    assert (matrix.rows_of, matrix.columns_of, matrix.columns) == ("200/pet/kind", "200/mood", ("a x b", "c"))
    counts = {row: [cell and cell["count"] for cell in cells] for row, cells in matrix.rows}
    assert counts == {"CAT": [0, 0], "DOG": [1, 0], "EEL": [0, 0]}


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 s"), (0.00084, "840 µs"), (0.0012, "1.2 ms"), (0.035, "35 ms"), (2.5, "2.5 s"), (1.0, "1 s"), (75, "75 s")],
)
def test_a_time_is_told_in_the_unit_that_reads_best(seconds: float, told: str) -> None:
    assert figures.duration(seconds) == told


counts_of_buckets = st.dictionaries(st.integers(-1400, 700), st.integers(1, 1000), min_size=1)


@given(counts_of_buckets)
def test_a_histogram_holds_every_answer_within_its_frame(counts: dict[int, int]) -> None:
    chart = figures.histogram(counts, {"p50": 0.01})
    assert chart is not None
    assert sum(int(bar.label.rpartition(": ")[2].replace(",", "")) for bar in chart.bars) == sum(counts.values())
    assert all(0 <= bar.left <= bar.left + bar.width <= 100.1 and 0 < bar.height <= 100 for bar in chart.bars)
    assert all(0 <= mark.at <= 100 for mark in (*chart.ticks, *chart.quantiles))
    assert len(chart.ticks) <= 8


def exchange_at(at: float, seconds: float, status: int = 200) -> Recorded:
    return Recorded(at, seconds, "/x", "http://x", (), status, (), b"", "" if status else "reset")


@given(
    st.lists(
        st.builds(exchange_at, st.floats(1e9, 2e9), st.floats(0, 100), st.sampled_from([200, 422, 500, 0])), min_size=1
    )
)
def test_a_timeline_draws_every_exchange_within_its_frame(exchanges: list[Recorded]) -> None:
    drawn = figures.timeline(exchanges)
    assert drawn is not None
    points = [point for _, _, path in drawn.paths for point in re.findall(r"M(\d+) (\d+)h0", path)]
    assert len(points) == len(exchanges) == drawn.total
    assert all(int(across) <= figures.WIDTH and int(down) <= figures.HEIGHT for across, down in points)
    assert sum(count for _, count, _ in drawn.paths) == len(exchanges)
    assert all(0 <= mark.at <= 100 for mark in (*drawn.ticks, *drawn.levels))
    assert 1 <= len(drawn.ticks) <= 6


def test_of_very_many_exchanges_one_in_so_many_is_drawn_and_all_are_counted() -> None:
    drawn = figures.timeline(exchange_at(number, 0.01) for number in range(25_000))
    assert drawn is not None
    assert (drawn.every, drawn.total) == (3, 25_000)
    assert sum(path.count("M") for _, _, path in drawn.paths) <= figures.POINTS


def test_nothing_is_drawn_of_nothing() -> None:
    assert figures.histogram({}, {}) is None
    assert figures.timeline([]) is None
