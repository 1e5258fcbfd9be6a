"""Laws of the comparison of documents: edits by chance mean what their construction says, and values agree."""

from __future__ import annotations

from random import Random

import pytest

from contracts.judge import compiled
from strategies.values import covering_set
from tests.support.differing import assert_proved, compared
from tests.support.random_edits import edited
from tests.support.tiny import body_schema, document_of

EDITS_EACH = 50


@pytest.mark.parametrize("seed", range(10))
def test_an_edit_by_chance_means_what_its_construction_says(seed: int) -> None:
    chance = Random(seed)
    for _ in range(EDITS_EACH):
        edit = edited(chance)
        old, new = document_of(edit.old, edit.old_components), document_of(edit.new, edit.new_components)
        found = compared(old, new)
        meanings = {str(each.classification) for each in found} - {"equivalent"}
        assert meanings == {edit.meaning} - {"equivalent"}, edit
        assert all(each.witness for each in found if each.classification != "equivalent")
        assert_proved(old, new, found)


@pytest.mark.parametrize("seed", range(10))
def test_values_of_either_document_are_judged_by_the_other_as_the_changes_say(seed: int) -> None:
    chance = Random(100 + seed)
    for _ in range(EDITS_EACH // 5):
        edit = edited(chance, 3)
        old, new = document_of(edit.old, edit.old_components), document_of(edit.new, edit.new_components)
        found = compared(old, new)
        grown = [each for each in found if each.witness and each.witness.by_new]
        # Of a change that breaks readers it is not shown whether NEW admits less as well.
        shrunk = [each for each in found if each.witness and (not each.witness.by_new or each.before)]
        unknown = [each for each in found if each.classification == "unknown"]
        for admitting, refusing, told in ((new, old, grown), (old, new, shrunk)):
            for value in covering_set(admitting, body_schema(admitting), limit=20):
                violations = compiled(refusing).violations(body_schema(refusing), value)
                assert told or unknown or not violations, (edit, value, violations)
