"""Explain a rule: what breaking it means, by which source, with an example of either side, and what to do.

Hides where the examples are kept; tests put them before the judge.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from contracts.judge import RULES
from contracts.openapi import ConfigurationError

_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class Explanation:
    """What to do about a rule, and what keeps and breaks it: values of the schema, or words where there is none."""

    fix: str
    keeps: Any
    breaks: Any
    schema: Any = _ABSENT

    @property
    def has_schema(self) -> bool:
        """Whether the examples are values of a schema."""
        return self.schema is not _ABSENT


@cache
def explanations() -> dict[str, Explanation]:
    """Return the explanation of every rule, by its code."""
    raw = yaml.safe_load((files(__package__) / "explanations.yaml").read_text("utf-8"))
    return {
        code: Explanation(
            about.get("fix") or raw["families"][code.partition(".")[0]],
            about["keeps"],
            about["breaks"],
            about.get("schema", _ABSENT),
        )
        for code, about in raw["rules"].items()
    }


def explain(code: str) -> Iterator[str]:
    """Yield the lines that explain a rule; raise ConfigurationError, with the nearest codes, for one that is none."""
    rule = RULES.get(code)
    if rule is None:
        near = get_close_matches(code, RULES, n=3, cutoff=0.5)
        hint = f"near are {', '.join(near)}" if near else "contract rules lists all"
        raise ConfigurationError(f"{code} is no rule; {hint}")
    about = explanations()[code]
    yield f"{rule.code}: {rule.meaning}"
    yield f"source      {rule.source}"
    if about.has_schema:
        yield f"schema      {json.dumps(about.schema)}"
    yield f"keeps it    {_shown(about, about.keeps)}"
    yield f"breaks it   {_shown(about, about.breaks)}"
    yield f"what to do  {about.fix}"
    yield f'waive it    [[waiver]] with rule = "{rule.code}" in the file of --waivers, until a date'


def _shown(about: Explanation, example: Any) -> str:
    is_value = about.has_schema and not (isinstance(example, str) and ": " in example)
    return json.dumps(example) if is_value else str(example)
