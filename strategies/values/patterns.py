r"""Hand ECMA-262 patterns to libraries whose engines are Python's `re` or Rust's regex.

JSON Schema's patterns are ECMA-262's (2020-12 Core, section 6.4), and `contracts.openapi.matches_pattern` alone decides
whether a text matches. Hypothesis, jsonschema_rs and Schemathesis have engines of their own, which refuse `\p{L}` or
`\k<name>`, or read `\d` otherwise, so they get the portable form of each pattern; jsonschema gets keywords of ours.

Hides the syntax of these engines. A class, an escape or a dot becomes the characters that ECMA's engine finds in it, so
that no table of Unicode is needed here. Four things stay inexact: `$` before a last line feed in Python, `\b` next to
letters beyond ASCII, a reference to a group that took no part in the match, and modifiers such as `(?s:...)`.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any, Final

import jsonschema
import jsonschema_rs
import regress
from jsonschema.protocols import Validator

from contracts.openapi import NAMED, format_checker, matches_pattern

_TOKEN: Final = re.compile(
    r"""
    (?P<reference> \\[1-9][0-9]* | \\k<[^>]*> )
  | (?P<as_it_is> \\[bB] | [$^*+?|] | \{[0-9,]+\} )
  | (?P<characters>
      \[ (?: \\. | [^\]\\] )* \]
    | \\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2} | \\u[0-9a-fA-F]{4}
    | \\[pPu]\{[^}]*\} | \\x[0-9a-fA-F]{2} | \\c[A-Za-z] | \\. | \. )
  | (?P<capture> \( (?! \? ) | \(\?< (?! [=!] ) [^>]* > )
  | (?P<group> \(\? (?: <? [=!] | [a-z-]* : ) )
  | (?P<close> \) )
  | (?P<literal> . )
    """,
    re.VERBOSE | re.DOTALL,
)


@cache
def portable(pattern: str) -> str:
    """Return an equal pattern that every engine reads alike. The pattern is a legal one of ECMA-262."""
    made: list[str] = []
    open_groups: list[int] = []
    closed: set[int] = set()
    captures = [""]  # The names of the groups by their numbers, from 1 on.
    for token in _TOKEN.finditer(pattern):
        text, kind = token[0], token.lastgroup
        if kind == "capture":
            captures.append(text[3:-1])
            text = "("
        elif kind == "reference":
            number = int(text[1:]) if text[1] != "k" else captures.index(text[3:-1]) if text[3:-1] in captures else 0
            # A group that has not ended yet has matched nothing, and a reference to it matches the empty text.
            text = f"(?:\\{number})" if number in closed else "(?:)"
        elif kind == "characters":
            text = _characters(text)
        elif kind == "close":
            closed.add(open_groups.pop())
        if kind in ("capture", "group"):
            open_groups.append(len(captures) - 1 if kind == "capture" else 0)
        made.append(text)
    return "".join(made)


_REFUSALS: Final = (re.error, OverflowError, RecursionError)
"""Python's errors for a pattern that `re` cannot read."""


def readable(form: str) -> re.Pattern[str] | None:
    """Return Python's pattern for a portable one; None if Python cannot read it, for instance a look-behind."""
    try:
        return re.compile(form, re.ASCII)
    except _REFUSALS:
        return None


def is_readable(pattern: str) -> bool:
    """Return whether Python's `re` and Rust's regex both read the portable form of an ECMA-262 pattern."""
    try:
        jsonschema_rs.Draft202012Validator({"pattern": portable(pattern)})
    except jsonschema_rs.ValidationError:
        return False
    return readable(portable(pattern)) is not None


def with_portable_patterns(node: Any, *, named: bool = False) -> Any:
    """Return a deep copy of a schema, or of a whole document, in which every pattern is portable.

    With `named`, the keys of the node are names and no keywords.
    """
    if isinstance(node, list):
        return [with_portable_patterns(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {key: with_portable_patterns(value) if named else _rewritten(key, value) for key, value in node.items()}


def _rewritten(keyword: str, value: Any) -> Any:
    if keyword in _OF_VALUES:
        return value
    if keyword == "pattern" and isinstance(value, str):
        return portable(value)
    copied = with_portable_patterns(value, named=keyword in _OF_NAMES)
    if keyword == "patternProperties" and isinstance(value, dict):
        return {portable(pattern): schema for pattern, schema in copied.items()}
    return copied


_OF_NAMES: Final = frozenset({*NAMED, "schemas"})
"""Keywords whose value maps names to schemas."""

_OF_VALUES: Final = frozenset({"const", "default", "enum", "example", "examples"})
"""Keywords whose value is no schema and holds none."""


@lru_cache(maxsize=1024)
def _characters(matcher: str) -> str:
    """Return the characters that a class, an escape or a dot matches, as a class of single characters and ranges."""
    inside = list(_ranges(matcher))
    outside = list(_gaps(inside))
    if not inside:
        return "(?:(?!))"
    if not outside:
        return r"(?:[^\n]|\n)"
    if len(inside) == 1 and inside[0][0] == inside[0][1]:
        return _escaped(inside[0][0])
    # Hypothesis lists the characters of a class one by one, so that the smaller side is the faster one.
    negated = _size(outside) < _size(inside)
    ranges = outside if negated else inside
    return f"[{'^' * negated}{''.join(_range(*each) for each in ranges)}]"


def _ranges(matcher: str) -> Iterator[tuple[int, int]]:
    text = _every_character()
    for match in regress.Regex(f"(?:{matcher})+", "u").find_iter(text.decode()) or ():
        run = text[match.range()].decode()
        yield ord(run[0]), ord(run[-1])


@lru_cache(maxsize=1)
def _every_character() -> bytes:
    return "".join(map(chr, (*range(0xD800), *range(0xE000, 0x110000)))).encode()


def _gaps(ranges: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the code points between and around ranges that are in order; none ends in a surrogate."""
    start = 0
    for first, last in (*ranges, (0x110000, 0x110000)):
        if first > start:
            yield (0xE000 if start == 0xD800 else start), (0xD7FF if first == 0xE000 else first - 1)
        start = last + 1


def _size(ranges: list[tuple[int, int]]) -> int:
    return sum(last - first + 1 for first, last in ranges)


def _range(first: int, last: int) -> str:
    return _escaped(first) if first == last else f"{_escaped(first)}-{_escaped(last)}"


def _escaped(code_point: int) -> str:
    char = chr(code_point)
    return char if char.isalnum() or code_point > 0x7F else f"\\x{code_point:02x}"


def ecma_validator(schema: Any) -> Validator:
    """Return jsonschema's validator of a schema, with formats asserted, ECMA-262 patterns and exact division."""
    made: Validator = _EcmaValidator(schema, format_checker=format_checker())
    return made


Errors = Iterator[jsonschema.ValidationError]


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, str) and not matches_pattern(pattern, instance):
        yield jsonschema.ValidationError("does not match")


def _pattern_properties(validator: Any, patterns: dict[str, Any], instance: Any, schema: Any) -> Errors:
    for name, value in instance.items() if isinstance(instance, dict) else ():
        for pattern, subschema in patterns.items():
            if matches_pattern(pattern, name):
                yield from validator.descend(value, subschema, path=name, schema_path=pattern)


def _additional_properties(validator: Any, allowed: Any, instance: Any, schema: Any) -> Errors:
    declared, patterns = schema.get("properties", ()), schema.get("patternProperties", ())
    for name, value in instance.items() if isinstance(instance, dict) else ():
        if name in declared or any(matches_pattern(pattern, name) for pattern in patterns):
            continue
        if allowed is False:
            yield jsonschema.ValidationError("is not allowed")
        else:
            yield from validator.descend(value, allowed, path=name)


def _unevaluated_properties(validator: Any, allowed: Any, instance: Any, schema: Any) -> Errors:
    # jsonschema asks Python's `re` here. It reads nearly every portable pattern, and jsonschema_rs judges the rest.
    with suppress(*_REFUSALS):
        yield from _PLAIN["unevaluatedProperties"](validator, allowed, instance, schema)


def _multiple_of(validator: Any, divisor: Any, instance: Any, schema: Any) -> Errors:
    # jsonschema divides binary floats, in which 19.99 is no multiple of 0.01.
    finite = isinstance(instance, (int, float)) and not isinstance(instance, bool) and instance - instance == 0
    if finite and Fraction(str(instance)) % Fraction(str(divisor)):
        yield jsonschema.ValidationError("is no multiple")


_PLAIN: Final[Any] = jsonschema.Draft202012Validator.VALIDATORS

_EcmaValidator: Final[Any] = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft202012Validator,
    {
        "additionalProperties": _additional_properties,
        "multipleOf": _multiple_of,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "unevaluatedProperties": _unevaluated_properties,
    },
)
