"""Shards of one run: what each takes, what it writes, and what they come to together."""

from __future__ import annotations

import dataclasses
import datetime
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import ConfigurationError
from contracts.http.exchange import Response
from contracts.openapi import Credential, load
from contracts.openapi.overlay import PINNED_OVERLAY
from contracts.run.shards import MergedShards, Shard, ShardFile, contract_sha256, read_shard, write_shard
from contracts.verdict.tally import Tally
from contracts.verdict.verdict import RecheckResult
from contracts.verdict.waivers import Waiver
from tests.support.tiny import answer, document_of
from tests.support.verdicts import contents, operation, tally_of, verdict_on

OPTIONS = {"document": None, "overlay": ["fastapi"], "no_overlay": False, "annotation": [], "require": ["statuses"]}
OPTIONS |= {
    "strict_refusals": False,
    "operation": [],
    "skip": [],
    "parameter": [],
    "parameters": None,
    "changes_since": None,
}
WAIVER = Waiver(1, "schema.*", "body/a", "old rows", "us", datetime.date(2026, 12, 31), status=200)
BROKEN, SOUND = answer(200, {"state": "x"}), answer(200, {"state": "on"})

KEY = Credential("x-key", "KEY")


def text_of(
    shard: str = "1/1",
    *outcomes: Response,
    options: dict[str, Any] = OPTIONS,
    waivers: Iterable[Waiver] = (WAIVER,),
    known: Iterable[tuple[str, ...]] = (("/things/{thing}", "one"),),
    again: RecheckResult | None = None,
    **run: Any,
) -> str:
    tally = tally_of(*outcomes)
    verdict = verdict_on(tally, operation().document)
    findings = tuple(dataclasses.replace(each, recurrence=again) for each in verdict.findings)
    verdict = dataclasses.replace(verdict, run=dataclasses.replace(verdict.run, **run), findings=findings)
    file = io.StringIO()
    write_shard(Shard.parse(shard), options, tuple(waivers), known, verdict, tally, file)
    return file.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shards")


def part_of(folder: Path, *words: Any, **changed: Any) -> ShardFile:
    path = folder / "tally.json"
    path.write_text(text_of(*words, **changed))
    return read_shard(path)


@given(st.integers(1, 20).flatmap(lambda of: st.tuples(st.just(of), st.integers(1, of))))
def test_what_is_written_is_read(pair: tuple[int, int]) -> None:
    assert str(Shard.parse(f"{pair[1]}/{pair[0]}")) == f"{pair[1]}/{pair[0]}"


@given(of=st.integers(1, 12), items=st.integers(0, 60))
def test_every_item_is_exactly_one_shards(of: int, items: int) -> None:
    shards = [Shard(number, of) for number in range(1, of + 1)]
    assert all(sum(shard.takes(index) for shard in shards) == 1 for index in range(items))
    sizes = [sum(map(shard.takes, range(items))) for shard in shards]
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize(
    "text", ["", "2", "0/3", "4/3", "1/0", "1/", "/2", "-1/2", "1/2/3", "01/2", "one/two", "1 / 2"]
)
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is no shard; write 2/5 for the second of five"):
        Shard.parse(text)


def test_a_shard_reads_back_what_it_wrote(folder: Path) -> None:
    again = RecheckResult(2, 3, sibling=None)
    part = part_of(folder, "2/3", SOUND, BROKEN, again=again, seed="7", sent=(KEY,), notes=("odd",))
    assert (part.shard, part.options, part.waivers) == (Shard(2, 3), OPTIONS, (WAIVER,))
    assert part.sha256 == contract_sha256(operation().document)
    assert contents(part.tally) == contents(tally_of(SOUND, BROKEN))
    assert (part.facts["seed"], part.facts["sent"], part.facts["notes"]) == ("7", (KEY,), ("odd",))
    assert [*part.rechecked.values()] == [again]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        "not JSON",
        '{"format": 0}',
        text_of()[:-1],
        *(json.dumps({**json.loads(text_of()), "format": number}) for number in (0, "1")),
        *(
            json.dumps({**json.loads(text_of()), name: wrong})
            for name in ("shard", "options", "waivers", "run", "tally", "rechecked")
            for wrong in (None, "1/0", 7, [7], {"x": 1})
        ),
    ],
)
def test_what_no_shard_wrote_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "tally.json"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match="is no tally of this version; name files that --tally wrote"):
        read_shard(file)


def test_a_file_that_is_not_there_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        read_shard(tmp_path / "none")


@given(st.permutations([(SOUND,), (BROKEN, SOUND), (answer(404, {}),), ()]))
def test_in_any_order_shards_come_to_what_one_run_saw(folder: Path, seen: list[tuple[Response, ...]]) -> None:
    parts = [part_of(folder, f"{number}/4", *outcomes) for number, outcomes in enumerate(seen, 1)]
    merged, everything = MergedShards.of(parts), tally_of(SOUND, BROKEN, SOUND, answer(404, {}))
    facts = merged.facts(operation().document)
    assert contents(merged.tally()) == contents(everything)
    assert (facts.target, facts.profile, facts.incident) == ("http://127.0.0.1:1", "ci", "")


def test_each_shards_part_of_the_self_test_counts() -> None:
    parts = []
    for number, faults in enumerate([{"all": 3, "caught": 3}, {"all": 4, "caught": 2}], 1):
        tally = Tally()
        tally.faults.update(faults)
        run = {"target": "", "profile": "ci", "seed": "", "seconds": 1, "incident": "", "notes": []}
        run |= {"sent": []}
        parts.append(ShardFile(Shard(number, 2), {}, (), "", run, tally, "", {}))
    assert MergedShards.of(parts).tally().faults == {"all": 7, "caught": 5}


def test_the_whole_runs_facts_are_in_the_verdict(folder: Path) -> None:
    late = datetime.datetime(2026, 3, 2, tzinfo=datetime.UTC)
    first = part_of(folder, "1/2", SOUND, seconds=2.0, started=late, notes=("odd", "same"), incident="stopped")
    second = part_of(folder, "2/2", SOUND, seconds=3.0, sent=(KEY,), notes=("same",), incident="stopped")
    facts = MergedShards.of([first, second]).facts(operation().document)
    assert (facts.seconds, facts.sent, facts.incident) == (3.0, (KEY,), "stopped")
    assert facts.started == datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
    assert facts.notes == ("odd", "same")


@pytest.mark.parametrize(
    ("numbers", "incident"), [([1], "shard 2/3, 3/3 is missing"), ([3, 1], "shard 2/3 is missing"), ([2, 3, 1], "")]
)
def test_a_missing_shard_is_an_incident(folder: Path, numbers: list[int], incident: str) -> None:
    merged = MergedShards.of([part_of(folder, f"{number}/3", SOUND) for number in numbers])
    assert merged.facts(operation().document).incident == incident


def test_a_shard_that_is_there_twice_is_refused(folder: Path) -> None:
    part = part_of(folder, "2/3", SOUND)
    with pytest.raises(ConfigurationError, match="shard 2/3 is there twice; name each file once"):
        MergedShards.of([part, part])


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"options": {**OPTIONS, "require": []}}, "shards 1/2 and 2/2 judged by different documents or criteria"),
        ({"waivers": ()}, "shards 1/2 and 2/2 judged by different documents or criteria"),
        ({"target": "http://127.0.0.1:2"}, "shards 1/2 and 2/2 are not of one run"),
        ({"profile": "nightly"}, "shards 1/2 and 2/2 are not of one run"),
        ({"seed": "8"}, "shards 1/2 and 2/2 are not of one run"),
    ],
)
def test_shards_of_different_runs_are_not_merged(folder: Path, changed: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        MergedShards.of([part_of(folder, "1/2", SOUND), part_of(folder, "2/2", SOUND, **changed)])


def test_shards_of_another_document_or_another_number_are_not_merged(folder: Path) -> None:
    first, second = part_of(folder, "1/2", SOUND), part_of(folder, "2/2", SOUND)
    with pytest.raises(ConfigurationError, match="different documents"):
        MergedShards.of([first, dataclasses.replace(second, sha256=document_of().sha256)])
    with pytest.raises(ConfigurationError, match="are not of one run"):
        MergedShards.of([first, dataclasses.replace(second, shard=Shard(2, 3))])


def test_that_shards_knew_of_different_resources_is_noted(folder: Path) -> None:
    parts = [part_of(folder, "1/2", SOUND), part_of(folder, "2/2", SOUND, known=[("/things/{thing}", "\udcff")])]
    (note,) = MergedShards.of(parts).facts(operation().document).notes
    assert "did not know of the same resources" in note


@pytest.mark.parametrize(
    ("told", "together"),
    [
        ([None, None], None),
        ([RecheckResult(3, 3, None), None], RecheckResult(3, 3, None)),
        ([RecheckResult(3, 3, None), RecheckResult(0, 3, sibling=False)], RecheckResult(3, 6, sibling=False)),
        ([RecheckResult(3, 3, sibling=True), RecheckResult(3, 3, sibling=False)], RecheckResult(6, 6, sibling=True)),
    ],
)
def test_what_shards_asked_again_is_added_up(
    folder: Path, told: list[RecheckResult | None], together: RecheckResult | None
) -> None:
    parts = [part_of(folder, f"{number}/2", BROKEN, again=each) for number, each in enumerate(told, 1)]
    (found,) = tally_of(BROKEN).found
    assert MergedShards.of(parts).recheck(found.violation) == together


def test_a_document_under_another_overlay_is_another_contract() -> None:
    assert (
        contract_sha256(load())
        != contract_sha256(load(overlays=[PINNED_OVERLAY]))
        == contract_sha256(load(overlays=[PINNED_OVERLAY]))
    )
