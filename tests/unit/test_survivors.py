"""The gate of mutation testing: every mutant left alive is explained, and every explanation has its mutant."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import pytest
import yaml

from tests.mutation import survivors
from tests.mutation.survivors import EQUIVALENT, Mutant, alive, explained, main, mutant

RESULTS = """\
    contracts.a.x_f__mutmut_1: survived
    contracts.a.xǁCǁ_g__mutmut_22: timeout
    contracts.b.x__h__mutmut_3: no tests
    contracts.b.x__h__mutmut_4: killed
"""
DIFF = """\
# contracts.a.x_f__mutmut_1: survived
--- contracts/a.py
+++ contracts/a.py
@@ -1,3 +1,2 @@
 def f(a):
-    return g(a,
-        -1)
+    return g(a, )
"""
ENTRY = """\
- function: contracts.a.f
  line: a < 1
  became: [a <= 1, a < 2]
  why: The number is never 1.
"""


def test_every_mutant_that_no_test_killed_is_alive_whatever_its_status() -> None:
    assert [*alive(RESULTS).values()] == ["survived", "timeout", "no tests"]
    assert [*alive(RESULTS, ["contracts.b*"])] == ["contracts.b.x__h__mutmut_3"]


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("contracts.a.x_f__mutmut_1", "contracts.a.f"),
        ("contracts.a.x__x_f__mutmut_12", "contracts.a._x_f"),
        ("contracts.a.xǁCǁ_g__mutmut_2", "contracts.a.C._g"),
        ("contracts.a.xǁCǁ__init____mutmut_2", "contracts.a.C.__init__"),
    ],
)
def test_a_mutant_is_identified_by_function_and_lines_not_by_number(name: str, function: str) -> None:
    assert mutant(name, DIFF) == Mutant(function, "return g(a,\n-1)", "return g(a, )")


def test_an_explanation_explains_every_change_once() -> None:
    assert explained(ENTRY) == Counter(Mutant("contracts.a.f", "a < 1", became) for became in ("a <= 1", "a < 2"))
    assert explained(ENTRY * 2).total() == 4
    assert explained("") == Counter()


@pytest.mark.parametrize(
    ("changes", "patterns", "code"),
    [
        (["a <= 1", "a < 2"], [], 0),
        (["a <= 1", "a < 2", "a > 1"], [], 1),
        (["a <= 1", "a <= 1", "a < 2"], [], 1),
        (["a <= 1"], [], 1),
        (["a <= 1"], ["contracts.a*"], 0),
        (["a > 1"], ["contracts.a*"], 1),
    ],
    ids=["explained", "unexplained", "at two places", "explained for nothing", "a part", "a part, unexplained"],
)
def test_the_gate_fails_for_unexplained_mutants_and_for_explanations_without_a_mutant(
    changes: list[str], patterns: list[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {f"contracts.a.x_f__mutmut_{number}": change for number, change in enumerate(changes)}
    known = tmp_path / "known.yaml"
    known.write_text(ENTRY)

    def mutmut(*arguments: str) -> str:
        if arguments == ("results",):
            return "".join(f"    {name}: survived\n" for name in names)
        return f"-  a < 1\n+  {names[arguments[1]]}\n"

    monkeypatch.setattr(survivors, "_mutmut", mutmut)
    monkeypatch.setattr(survivors, "EQUIVALENT", known)
    assert main(patterns) == code


def test_every_explanation_has_a_reason() -> None:
    for entry in yaml.safe_load(EQUIVALENT.read_text("utf-8")) or ():
        assert entry["why"]


def test_no_test_that_mutants_are_put_to_is_given_an_id_with_a_backslash(request: pytest.FixtureRequest) -> None:
    # pytest escapes it anew each time it collects the module: mutmut, which collects twice, does not find the test.
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    files = tuple(project["tool"]["mutmut"]["pytest_add_cli_args_test_selection"])
    put = [item for item in request.session.items if item.nodeid.startswith(files)]
    given = [item for item in put if any("ids" in mark.kwargs for mark in item.iter_markers("parametrize"))]
    assert [item.nodeid for item in given if "\\" in item.nodeid] == []
