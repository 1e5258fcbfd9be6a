"""The page's parts, without a browser: what it carries, how it lays out an answer, its tree, matrices and drawings."""

from __future__ import annotations

import dataclasses
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

from contracts.http.exchange import Exchange, Failure
from contracts.openapi import PINNED, PINNED_OVERLAY, Document, load
from contracts.reports import page, report_json
from contracts.reports.page import figures, template, tree, witness
from contracts.run.observer import Observer
from contracts.verdict.verdict import Verdict
from strategies.answers import catalogue
from tests.support.pet_verdicts import DOCUMENT, HOSTILE, OPERATION, SCHEMA, verdicts
from tests.support.tiny import PETS, answer, document_at, document_of, exchange_of
from tests.support.verdicts import verdict_on

texts = st.text(st.characters(codec=None))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)


def page_of(verdict: Verdict) -> str:
    file = io.StringIO()
    page.render(verdict, None, (), (), file)
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
def test_the_page_holds_the_report_in_characters_that_end_no_script(raw: dict[str, Any]) -> None:
    text = page.embedded(raw)
    assert json.loads(text) == raw
    assert text.isascii()
    assert not set("<>&\u2028\u2029\n\r") & set(text)


@given(texts)
def test_no_character_that_hides_or_turns_text_around_is_shown(text: str) -> None:
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
def test_a_command_is_shown_whole(text: str) -> None:
    shown = template.environment().from_string("{{ it | whole }}").render(it=text)
    assert Markup(shown).unescape() == "".join(template.visible(char) for char in text)


@given(verdicts)
def test_a_page_has_an_article_for_every_violation_and_links_only_into_itself(verdict: Verdict) -> None:
    text = page_of(verdict)
    text.encode()
    elements = Elements(text).elements
    assert [attributes.get("type") for tag, attributes in elements if tag == "script"] == ["application/json", None]
    anchors = [str(attributes["id"]) for tag, attributes in elements if tag == "article"]
    wanted = [f"violation-{each.violation.fingerprint}" for each in (*verdict.findings, *verdict.waived)]
    assert len(anchors) == len(wanted)
    assert all(one.startswith(two) for one, two in zip(anchors, wanted, strict=True))
    assert not [attributes for _, attributes in elements if {"style", "onclick", "src", "srcdoc"} & attributes.keys()]
    assert {attributes["href"][:1] for _, attributes in elements if attributes.get("href")} == {"#"}  # type: ignore[index]


@given(verdicts)
def test_every_id_is_unique_and_every_link_has_a_target(verdict: Verdict) -> None:
    elements = Elements(page_of(verdict)).elements
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    assert {attributes["href"] for _, attributes in elements if "href" in attributes} <= {f"#{each}" for each in ids}


def test_a_large_report_is_held_abridged_with_every_violation() -> None:
    observer = Observer()
    for number in range(8):
        observer(
            exchange_of(OPERATION, answer(200, {"name": [number, "x" * 400_000][: 1 + number % 2]}), f"it{number}")
        )
    report = report_json.report(verdict_on(observer.tally, DOCUMENT))
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
    observer = Observer()
    observer(exchange_of(OPERATION, answer(200, {"name": 5})))
    parsed = Elements(page_of(verdict_on(observer.tally, DOCUMENT)))
    body = parsed.text
    for words in ("severity", "sometimes", "seen by", "eu-1", "Retries", "504", "Found by", "two", "Flaky", "yes"):
        assert words in body
    assert "Nothing" not in body
    assert [attributes for tag, attributes in parsed.elements if tag == "polyline"]


def violation_at(place: str, body: Any, **more: Any) -> dict[str, Any]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return {"place": place, "branch": "", "witness": {"response": answer(200, raw).to_json()}, **more}


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
def test_the_violation_in_a_body_is_marked(place: str, body: Any, expected: list[str]) -> None:
    assert marked(witness.lay_out(violation_at(place, body), 60)) == expected


@given(values)
def test_a_body_that_is_laid_out_is_the_same_value(value: Any) -> None:
    laid = witness.lay_out(violation_at("status", value), 10_000)
    assert isinstance(laid, tuple)
    if all(len(line.text) < witness.LONGEST for line in laid):
        assert json.loads("\n".join(line.text for line in laid)) == value


@pytest.mark.parametrize("index", [0, 1, 150, 298, 299])
def test_of_a_long_body_the_lines_around_the_mark_are_shown_and_the_others_counted(index: int) -> None:
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
def test_a_malformed_text_is_marked_at_its_byte(body: bytes, offset: int, expected: tuple[str, str, str]) -> None:
    broken = witness.lay_out(violation_at(f"body@{offset}", body), 60)
    assert isinstance(broken, witness.Broken)
    assert (broken.before, broken.at, broken.after) == expected
    assert broken.size == len(body)


def test_a_body_that_is_nested_too_deeply_is_shown_as_it_came() -> None:
    assert isinstance(witness.lay_out(violation_at("body/0", b"[" * 100_000), 60), witness.Broken)


def test_a_failure_has_no_lines() -> None:
    assert witness.lay_out({"place": "transport", "witness": {"response": None}}, 60) is None


def grown(*bodies: Any, document: Document = DOCUMENT) -> tree.Place:
    observer = Observer()
    (operation,) = document.operations
    for number, body in enumerate(bodies):
        observer(exchange_of(operation, answer(200, body), f"it{number}"))
    (root,) = tree.build(report_json.report(verdict_on(observer.tally, document))).values()
    return root


def at(root: tree.Place, *steps: str) -> tree.Place:
    for step in steps:
        root = root.inside[step]
    return root


def test_features_stand_at_their_place_in_the_tree() -> None:
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
def test_a_violation_stands_at_its_place_in_the_tree(body: Any, steps: tuple[str, ...]) -> None:
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
    text = page_of(verdict_on(Observer().tally, document))
    tree_text = text[text.index('<ul class="tree">') : text.index("</section>", text.index('<ul class="tree">'))]
    for tag in ("ul", "li"):
        assert len(re.findall(rf"<{tag}[ >]", tree_text)) == tree_text.count(f"</{tag}>")


def chain(length: int) -> dict[str, Any]:
    """Schemas each of which holds the next."""
    return {
        f"S{number}": {"type": "object", "properties": {"next": {"$ref": f"#/components/schemas/S{number + 1}"}}}
        for number in range(length - 1)
    } | {f"S{length - 1}": {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}}


def test_a_violation_in_an_item_stands_at_the_place_of_all_items() -> None:
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
    observer = Observer()
    observer(exchange_of(document.operations[1], answer(200, {"name": 5})))
    report = report_json.report(verdict_on(observer.tally, document))
    roots = tree.build(report)
    assert at(roots["/two"], "200", "name").broken
    assert not next(iter(roots["/one"].inside["200"].inside.values())).broken


def test_a_matrix_holds_every_pair_in_the_documents_order() -> None:
    schema = {"type": "object", "properties": {"pet": SCHEMA["properties"]["pet"], "mood": {"enum": ["a x b", "c"]}}}
    observer = Observer()
    document = document_of(schema, PETS)
    observer(exchange_of(document.operations[0], answer(200, {"pet": {"kind": "DOG", "toys": {}}, "mood": "a x b"})))
    (matrix,) = tree.matrices(report_json.report(verdict_on(observer.tally, document)))
    assert (matrix.rows_of, matrix.columns_of, matrix.columns) == ("200/pet/kind", "200/mood", ("a x b", "c"))
    counts = {row: [cell and cell["count"] for cell in cells] for row, cells in matrix.rows}
    assert counts == {"CAT": [0, 0], "DOG": [1, 0], "EEL": [0, 0]}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (0.00084, "840 µs"), (0.0012, "1.2 ms"), (0.035, "35 ms"), (2.5, "2.5 s"), (1.0, "1 s"), (75, "75 s")],
)
def test_a_time_is_shown_in_the_unit_that_reads_best(seconds: float, words: str) -> None:
    assert figures.duration(seconds) == words


counts_of_buckets = st.dictionaries(st.integers(-1400, 700), st.integers(1, 1000), min_size=1)


@given(counts_of_buckets)
def test_a_histogram_holds_every_answer_within_its_frame(counts: dict[int, int]) -> None:
    chart = figures.histogram(counts, {"p50": 0.01})
    assert chart is not None
    assert sum(int(bar.label.rpartition(": ")[2].replace(",", "")) for bar in chart.bars) == sum(counts.values())
    assert all(0 <= bar.left <= bar.left + bar.width <= 100.1 and 0 < bar.height <= 100 for bar in chart.bars)
    assert all(0 <= mark.at <= 100 for mark in (*chart.ticks, *chart.quantiles))
    assert len(chart.ticks) <= 8


def exchange_at(at: float, seconds: float, status: int = 200) -> Exchange:
    outcome = answer(status) if status else Failure("reset", "")
    return dataclasses.replace(exchange_of(OPERATION, outcome), at=at, seconds=seconds)


@given(
    st.lists(
        st.builds(exchange_at, st.floats(1e9, 2e9), st.floats(0, 100), st.sampled_from([200, 422, 500, 0])), min_size=1
    )
)
def test_a_timeline_draws_every_exchange_within_its_frame(exchanges: list[Exchange]) -> None:
    drawn = figures.timeline(exchanges)
    assert drawn is not None
    points = [point for _, _, path in drawn.paths for point in re.findall(r"M(\d+) (\d+)h0", path)]
    assert len(points) == len(exchanges) == drawn.total
    assert all(int(across) <= figures.WIDTH and int(down) <= figures.HEIGHT for across, down in points)
    assert sum(count for _, count, _ in drawn.paths) == len(exchanges)
    assert all(0 <= mark.at <= 100 for mark in (*drawn.ticks, *drawn.levels))
    assert 1 <= len(drawn.ticks) <= 6


def test_of_very_many_exchanges_every_third_is_drawn_and_all_are_counted() -> None:
    drawn = figures.timeline(exchange_at(number, 0.01) for number in range(25_000))
    assert drawn is not None
    assert (drawn.every, drawn.total) == (3, 25_000)
    assert sum(path.count("M") for _, _, path in drawn.paths) <= figures.POINTS


def test_without_exchanges_there_are_no_figures() -> None:
    assert figures.histogram({}, {}) is None
    assert figures.timeline([]) is None


@pytest.mark.parametrize("is_there", [True, False])
def test_a_promise_of_an_overlay_is_shown_in_its_own_file(tmp_path: Path, is_there: bool) -> None:
    overlay = tmp_path / "added.overlay.yaml"
    overlay.write_text(PINNED_OVERLAY.read_text("utf-8"), "utf-8")
    document = load(PINNED, [overlay])
    (operation,) = document.operations
    resource, response = next(iter(catalogue(operation).items()))
    observer = Observer()
    observer(exchange_of(operation, response, f"{resource[0]}-other"))
    if not is_there:
        overlay.unlink()
    text = Elements(page_of(verdict_on(observer.tally, document))).text
    assert ("x-equals: $request.path.fine_tuning_job_id" in text) is is_there
    line = next(n for n, each in enumerate(PINNED_OVERLAY.read_text("utf-8").splitlines(), 1) if "x-equals:" in each)
    assert (f"added.overlay.yaml, line {line}" in text) is is_there
    assert ("sgp-v4.openapi.yaml, line " in text) is not is_there
