"""Explain rules: what breaking one means, by which source, an example of either side, and what to do.

Hides where the examples are kept. The same rows stand in the terminal, in the reports and in docs/rules.md.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from contracts.errors import ConfigurationError
from contracts.rules.document_table import DOCUMENT_RULES, NOTES
from contracts.rules.table import RULES

_EVERY: Final = RULES | DOCUMENT_RULES

VALUE: Final = "value"
"""The form of examples that are values of a schema; explanations.yaml says what other forms there are."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What to do about a rule, and what keeps and breaks it: in which form, and by what in the document.

    `schema` is that of the successful answer's body, `operation` what else the document says of the operation.
    """

    fix: str
    form: str
    keeps: Any
    breaks: Any
    schema: Any = None
    operation: Mapping[str, Any] | None = None
    components: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an explanation: its label, its text, of several lines if need be, and whether that is a literal."""

    label: str
    text: str
    is_literal: bool = False


@cache
def explanations() -> dict[str, Explanation]:
    """Return the explanation of every rule, by its code."""
    raw = _raw()
    made = {}
    for code, own in raw["rules"].items():
        shared = {name: value for name, value in raw["groups"][code.partition(".")[0]].items() if name != "title"}
        made[code] = Explanation(**{**shared, **own})
    return made


@cache
def _raw() -> Any:
    # Only explanations need it, and it takes longer than the help of a command.
    import yaml

    # The loader in C, where there is one, takes a seventh of the time.
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    read = [
        (files(__package__) / name).read_text("utf-8") for name in ("explanations.yaml", "document_explanations.yaml")
    ]
    answers, documents = (yaml.load(text, Loader=loader) for text in read)  # noqa: S506 - either is safe
    return {part: answers[part] | documents[part] for part in answers}


def explanation_rows(code: str) -> Iterator[Row]:
    """Yield the rows that explain a rule; its meaning stands above them. Raises LookupError for an unknown code."""
    rule, about = _EVERY[code], explanations()[code]
    yield Row("source", rule.source)
    if rule.url:
        yield Row("published", rule.url)
    if about.operation:
        yield Row("operation", json.dumps(about.operation), is_literal=True)
    if about.schema is not None:
        yield Row("schema", json.dumps(about.schema), is_literal=True)
    yield from (Row(name, json.dumps(schema), is_literal=True) for name, schema in (about.components or {}).items())
    yield _example("keeps it", about.form, about.keeps)
    yield _example("breaks it", about.form, about.breaks)
    yield Row("what to do", about.fix)
    if code in RULES:
        yield Row("waive it", f'[[waiver]] with rule = "{code}" in the file of --waivers, until a date')
    else:
        yield Row("counts", "as a note, which changes no exit code" if code in NOTES else "as a finding: exit code 1")


def _example(label: str, form: str, example: Any) -> Row:
    is_json = form == VALUE or not isinstance(example, str)
    text = json.dumps(example) if is_json else f"the bytes {example}" if form == "bytes" else example
    return Row(label, text.strip("\n"), is_literal=is_json or form not in ("bytes", "words", "document"))


def explain(word: str = "") -> Iterator[str]:
    """Yield the lines that explain a rule; of a group, those that list its rules; of no word, those of every group.

    A group is the part of the codes before the dot. Raises ConfigurationError, with the nearest codes, for a word that
    is neither.
    """
    if word in _EVERY:
        yield from _explain_rule(word)
        return
    group = word.removesuffix("*").removesuffix(".")
    chosen = [name for name in _raw()["groups"] if group in ("", name)]
    if not chosen:
        raise ConfigurationError(f"{word} is no rule; {_near(word)}")
    width = max(map(len, _EVERY))
    for name in chosen:
        yield f"{name}: {_raw()['groups'][name]['title']}"
        yield from (f"  {rule.code:<{width}}  {rule.meaning}" for rule in _EVERY.values() if rule.group == name)
        yield ""
    example = next(code for code, rule in _EVERY.items() if rule.group == chosen[-1])
    yield f"`contract explain {example}` explains one of them."


def _explain_rule(code: str) -> Iterator[str]:
    yield f"{code}: {_EVERY[code].meaning}"
    for row in explanation_rows(code):
        label = row.label
        for line in row.text.split("\n"):
            yield f"{label:<12}{line}".rstrip()
            label = ""


def _near(word: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word.lower(), [*_EVERY, *_raw()["groups"]], n=3, cutoff=0.5)
    return f"near are {', '.join(near)}" if near else "contract explain lists all"


_NAMED: Final = 5
"""The number of broken rules that the end of a report names."""


def where_explained(*codes: str) -> str:
    """Return where to read what broken rules mean, each named once, for the end of a report."""
    each = list(dict.fromkeys(codes))
    more = f" (and {len(each) - _NAMED} more)" if len(each) > _NAMED else ""
    mean = "that rule means" if len(each) == 1 else "these rules mean"
    return f"`contract explain {' '.join(each[:_NAMED])}`{more} says what {mean}, with examples, and what to do"


def explanation_markdown(code: str) -> Iterator[str]:
    """Yield the lines that explain a rule as Markdown, without a heading."""
    yield f"{_EVERY[code].meaning[:1].upper()}{_EVERY[code].meaning[1:]}."
    yield ""
    for row in explanation_rows(code):
        yield from _markdown(row.label, row.text.split("\n"), is_literal=row.is_literal)


def _markdown(label: str, lines: Sequence[str], *, is_literal: bool) -> Iterator[str]:
    if not is_literal:
        text = " ".join(lines)
        yield f"- {label}: {f'<{text}>' if label == 'published' else text}"
    elif len(lines) == 1:
        yield f"- {label}: `{lines[0]}`"
    else:
        yield from (f"- {label}:", "", "  ```text", *(f"  {line}".rstrip() for line in lines), "  ```", "")
