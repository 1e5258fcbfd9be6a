"""What the official SDK does with the witness of a change that breaks readers, in `contract diff`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contracts.__main__ import main
from contracts.openapi import PINNED, load, read_file


def test_a_tag_that_the_sdk_does_not_know_is_read_as_the_wrong_class_in_silence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Another name of a branch's tag value, in the mapping and in the branch itself.
    last = next(iter(load(PINNED).unions.values())).tags[-1]
    text = json.dumps(read_file(PINNED)[0]).replace(f'"{last}"', '"ANOTHER"')
    (tmp_path / "new.json").write_text(text, "utf-8")
    assert main(["diff", "pinned", str(tmp_path / "new.json"), "--report-dir", str(tmp_path / "out")]) == 1
    report = json.loads((tmp_path / "out" / "diff.json").read_text("utf-8"))
    words = [each["sdk"] for each in report["changes"] if each["rule"].startswith("change.tag-")]
    assert len(words) == 1
    assert words[0].startswith("SDK: reads it as the ")
    assert words[0].endswith('is "ANOTHER", in silence')
