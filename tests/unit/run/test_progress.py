"""Progress: what a run has done, what is to come, and the line that tells it."""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.openapi import Document
from contracts.run.observer import Observer
from contracts.run.progress import LiveLine, Meter, Progress, Screen, progress_line
from contracts.verdict.tally import Tally
from tests.support.tiny import answer, document_of, exchange_of

SCHEMA = {"type": "object", "properties": {"state": {"enum": ["on", "off"]}}}


def document() -> Document:
    return document_of(SCHEMA)


def tally_of(*values: object) -> Tally:
    judge = Observer()
    operation = document().operations[0]
    for value in values:
        judge(exchange_of(operation, answer(200, value)))
    return judge.take()


def progress(**fields: object) -> Progress:
    usual = {"requests": 120, "seconds": 10.0, "violations": 2, "unseen": (), "promised": 7, "done": 3, "items": 9}
    return Progress(**{**usual, **fields})  # type: ignore[arg-type]


def test_the_line_shows_requests_rate_violations_items_time_and_what_is_not_seen() -> None:
    assert progress_line(progress(left=100.0, unseen=("200/state off", "200/state absent"))) == (
        "requests 120 (12/s) · violations 2 · tests 3 of 9 · about 2 min left"
        " · not seen 2 of 7: 200/state off, 200/state absent"
    )


@pytest.mark.parametrize(
    ("fields", "told", "untold"),
    [
        ({"requests": 0}, "requests 0 ·", "/s)"),
        ({"seconds": 0.0}, "requests 120 ·", "/s)"),
        ({"requests": 5}, "(0.5/s)", "left"),
        ({"items": 0, "done": 0}, "violations 2 · all 7 promises seen", "tests"),
        ({"unseen": tuple("abcdefg")}, "not seen 7 of 7", ": a"),
        ({"unseen": tuple("abcd")}, "not seen 4 of 7: a, b, c, ...", "d,"),
        ({"unseen": tuple("abc")}, "not seen 3 of 7: a, b, c", "..."),
    ],
)
def test_the_line_shows_what_is_known_and_no_more(fields: dict[str, object], told: str, untold: str) -> None:
    words = progress_line(progress(**fields))
    assert told in words
    assert untold not in words


@pytest.mark.parametrize(
    ("left", "told"),
    [
        (0.0, "nearly done"),
        (0.9, "nearly done"),
        (1.0, "about 1 s left"),
        (9.2, "about 10 s left"),
        (10.1, "about 15 s left"),
        (60.0, "about 60 s left"),
        (60.1, "about 2 min left"),
        (7200.0, "about 120 min left"),
        (7200.1, "about 3 h left"),
    ],
)
def test_time_left_is_rounded_up(left: float, told: str) -> None:
    assert told in progress_line(progress(left=left))


@given(st.floats(0, 10**6), st.floats(0, 10**6))
def test_less_time_left_is_never_shown_as_more(one: float, two: float) -> None:
    units = {"s": 1, "min": 60, "h": 3600}

    def told(left: float) -> int:
        words = re.search(r"about (\d+) (s|min|h) left", progress_line(progress(left=left)))
        return int(words[1]) * units[words[2]] if words else 0

    assert told(min(one, two)) <= told(max(one, two))


@pytest.mark.parametrize(("text", "shown"), [("a" * 79, "a" * 79), ("a" * 80, "a" * 78 + "…")])
def test_a_live_line_is_cut_to_the_width(text: str, shown: str) -> None:
    ours, its = os.pipe()
    with Screen(its, "utf-8") as screen:
        assert screen.width == 79
        display = LiveLine(screen, lambda: text)
        display.start()
        display.stop()
    with open(ours, encoding="utf-8") as pipe:  # noqa: PTH123 - a descriptor
        assert set(re.findall("a+…?", pipe.read())) == {shown}


def test_at_first_nothing_is_known_of_the_time_left() -> None:
    meter = Meter(document(), 100.0)
    meter.expect(["ask"] * 3)
    assert meter.read(105.0) == Progress(0, 5.0, 0, meter.read(0).unseen, meter.read(0).promised, 0, 3, None)
    assert len(meter.read(105.0).unseen) == meter.read(105.0).promised


def test_items_to_come_take_what_those_of_their_kind_took() -> None:
    meter = Meter(document(), 0.0)
    meter.expect(["quick"] * 3 + ["slow"] * 2 + ["unknown"])
    meter.finish("quick", 1.0)
    meter.finish("slow", 9.0)
    # Two quick ones, a slow one, and one of which only the rest tells something.
    assert meter.read(10.0).left == pytest.approx(2 * 1.0 + 9.0 + 5.0)


def test_items_that_run_beside_each_other_are_over_sooner() -> None:
    meter = Meter(document(), 0.0)
    meter.expect(["ask"] * 8)
    for _ in range(4):
        meter.finish("ask", 10.0)
    assert meter.read(20.0).left == pytest.approx(20.0)


@given(st.lists(st.sampled_from("abc"), max_size=12), st.data())
def test_time_left_shrinks_to_nothing_as_items_end(kinds: list[str], data: st.DataObject) -> None:
    meter = Meter(document(), 0.0)
    meter.expect(kinds)
    for number, kind in enumerate(kinds, 1):
        meter.finish(kind, data.draw(st.floats(0.01, 100)))
        told = meter.read(float(number))
        assert told.done == number
        assert told.left is not None
        assert told.left >= 0
    if kinds:
        assert meter.read(99.0).left == 0


def test_what_finished_items_saw_and_the_running_one_sees_is_counted_as_one() -> None:
    meter = Meter(document(), 0.0)
    meter.take(tally_of({"state": "on"}, {"state": 5}))
    assert (meter.read(1.0).requests, meter.read(1.0).violations) == (2, 1)
    assert "200/state off" in meter.read(1.0).unseen
    running = tally_of({"state": "off"}, {"state": 5}, 7)
    told = meter.read(1.0, running)
    assert (told.requests, told.violations) == (5, 2)
    assert "200/state off" not in told.unseen
    meter.take(running)
    assert meter.read(1.0) == told
