"""Operations are chosen by patterns of their path or operationId; a pattern of none is refused with near names."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from contracts.openapi import ConfigurationError, DocumentError, Selection, load

RESPONSES = {"200": {"description": ""}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    paths = {
        "/jobs": {"get": {"operationId": "listJobs", "responses": RESPONSES}},
        "/jobs/archived": {"get": {"operationId": "listArchived", "responses": RESPONSES}},
        "/models": {"get": {"responses": RESPONSES}},
        "/broken": {"get": {"operationId": "readBroken", "responses": {}}},
    }
    file = tmp_path / "jobs.yaml"
    file.write_text(yaml.safe_dump({"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": paths}))
    return file


@pytest.mark.parametrize(
    ("wanted", "skipped", "chosen", "not_chosen"),
    [
        ([], [], ["/jobs", "/jobs/archived", "/models"], 0),
        (["/jobs"], [], ["/jobs"], 3),
        (["GET /jobs"], [], ["/jobs"], 3),
        (["listJobs"], [], ["/jobs"], 3),
        (["/jobs*"], [], ["/jobs", "/jobs/archived"], 2),
        (["list*"], [], ["/jobs", "/jobs/archived"], 2),
        (["/jobs", "/models"], [], ["/jobs", "/models"], 2),
        ([], ["/jobs*"], ["/models"], 2),
        (["/jobs*"], ["listArchived"], ["/jobs"], 3),
    ],
)
def test_a_pattern_chooses_by_path_and_operation_id(
    file: Path, wanted: list[str], skipped: list[str], chosen: list[str], not_chosen: int
) -> None:
    document = load(file, chosen=Selection(tuple(wanted), tuple(skipped)))
    assert [operation.path for operation in document.operations] == chosen
    assert document.skipped == not_chosen


@pytest.mark.parametrize(
    ("wanted", "skipped", "words"),
    [
        (["/job"], [], "--operation /job matches no operation; near are /jobs"),
        (["listjobs"], [], "--operation listjobs matches no operation; near are listJobs"),
        ([], ["/model"], "--skip /model matches no operation; near are /models"),
        (["/jobs"], ["/*"], "--skip leaves no operation"),
    ],
)
def test_a_pattern_that_chooses_nothing_is_refused(
    file: Path, wanted: list[str], skipped: list[str], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words.replace("*", r"\*")):
        load(file, chosen=Selection(tuple(wanted), tuple(skipped)))


@pytest.mark.parametrize("pattern", ["/broken", "readBroken"])
def test_an_operation_asked_for_by_name_that_cannot_be_judged_is_refused(file: Path, pattern: str) -> None:
    with pytest.raises(DocumentError, match="describes no response"):
        load(file, chosen=Selection((pattern,)))
    with pytest.raises(DocumentError, match=f"all that --operation {pattern} chose"):
        load(file, chosen=Selection((pattern, "/jobs")))


def test_an_operation_that_is_not_chosen_is_not_looked_into(file: Path) -> None:
    assert load(file, chosen=Selection((), ("readBroken",))).left_out == ()
