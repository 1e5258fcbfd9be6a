"""Which violations a target that rejects every request explains."""

from __future__ import annotations

import pytest

from contracts.http.rejection import AllRejected
from contracts.judge.violation import RULES, Violation
from contracts.verdict.verdict import explained_by


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_rejected_run_explains_violations_of_its_status_alone(rule: str) -> None:
    explained = explained_by(AllRejected(("401",)), Violation(rule, 401, "status", "", variant="401"))
    assert explained == (rule in ("status.undocumented", "status.known-resource", "method.not-refused"))


def test_a_rejected_run_does_not_explain_a_method_that_is_accepted() -> None:
    assert not explained_by(AllRejected(("401",)), Violation("method.not-refused", 200, "status", "", variant="PUT"))
