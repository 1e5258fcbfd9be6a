"""Drafted waivers: as narrow as the ids that were seen, and still covering each of them."""

from __future__ import annotations

import datetime
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import ConfigurationError
from contracts.judge.violation import Violation
from contracts.verdict.drafts import draft_waivers
from contracts.verdict.waivers import UNFINISHED, Waiver, load_waivers

FAILED = Violation("status.server-error", 500, "status", "#/paths", '["200"]', "500", variant="500")
TODAY = datetime.date(2026, 6, 1)
NARROWER = ("id", "id_encoded", "id_class")


def drafted(*names: str) -> list[dict[str, Any]]:
    text = draft_waivers([(FAILED, [(name,) for name in names])], TODAY)
    return [{key: entry[key] for key in NARROWER if key in entry} for entry in tomllib.loads(text)["waiver"]]


def loaded(text: str) -> tuple[Waiver, ...]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "waivers.toml"
        file.write_text(text.replace(UNFINISHED, "because"), "utf-8")
        return load_waivers(file)


@pytest.mark.parametrize(
    ("names", "entries"),
    [
        (["job-07"], [{"id": "job-07"}]),
        (["\0"], [{"id": "\0"}]),
        (["a\udcff"], [{"id_encoded": "a%FF"}]),
        (["\0", "a\0", "\0/b"], [{"id": "*\0*"}]),
        (["a/b", "c/", "//"], [{"id": "*/*"}]),
        (["a\udcff", "\udcffb"], [{"id_encoded": "*%FF*"}]),
        (["\n", "a\tb", "\x7f"], [{"id_class": "a control character"}]),
        (["\udcc3(", "a\udc80"], [{"id_class": "bytes that are not UTF-8"}]),
        (["x" * 128, "y" * 256], [{"id_class": "more than 100 characters"}]),
        (["job-07 ", "job-11 "], [{"id": "job-* "}]),
        (["job-1", "job-1-1"], [{"id": "job-1*"}]),
        (["aa", "aaa"], [{"id": "aa*"}]),
        (["a", "b", "\0"], [{"id": "\0"}, {"id": "a"}, {"id": "b"}]),
        (list("abcdefghi"), [{}]),
    ],
)
def test_a_draft_names_the_ids_as_narrowly_as_they_allow(names: list[str], entries: list[dict[str, str]]) -> None:
    assert drafted(*names) == entries


def test_a_draft_that_covers_every_id_says_so() -> None:
    assert "this covers every id" in draft_waivers([(FAILED, [(char,) for char in "abcdefghi"])], TODAY)


names = st.text(st.characters(codec="utf-8"), min_size=1) | st.sampled_from(["\udcff", "a\udcffb", "\0", "a/b", "*?["])


@given(st.lists(names, min_size=1, max_size=12))
def test_a_draft_covers_every_id_that_was_seen(found: list[str]) -> None:
    waivers = loaded(draft_waivers([(FAILED, [(name,) for name in found])], TODAY))
    assert all(any(waiver.covers(FAILED, (name,)) for waiver in waivers) for name in found)


def test_a_draft_of_one_class_covers_no_other_id() -> None:
    (made,) = loaded(draft_waivers([(FAILED, [("\0",), ("a\0",)])], TODAY))
    assert made.covers(FAILED, ("b\0c",))
    assert not made.covers(FAILED, ("\n",))
    (made,) = loaded(draft_waivers([(FAILED, [("\n",), ("a\0",)])], TODAY))
    assert made.covers(FAILED, ("\t",))
    assert not made.covers(FAILED, ("job-01",))


ENTRY = '[[waiver]]\nrule = "status.*"\nplace = "status"\nreason = "r"\nowner = "o"\nexpires = 2026-12-31\n'


@pytest.mark.parametrize(
    ("pattern", "name"), [("*%FF*", "a\udcffb"), ("%ff", "\udcff"), ("a%2Fb/?", "a/b"), ("x", "x")]
)
def test_an_id_that_is_not_utf_8_is_named_as_urls_have_it(pattern: str, name: str) -> None:
    (made,) = loaded(f'{ENTRY}id_encoded = "{pattern}"\n')
    resource = (name, "1") if pattern.endswith("?") else (name,)
    assert made.covers(FAILED, resource)
    assert not made.covers(FAILED, ("other",))


def test_a_class_of_ids_that_there_is_not_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="names no class of ids: a controll character; did it mean a control"):
        loaded(f'{ENTRY}id_class = "a controll character"\n')
