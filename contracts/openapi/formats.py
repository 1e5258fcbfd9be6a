"""Assert the values of `format` that can be judged.

Hides which library decides each, and where none is right by itself. Sources: JSON Schema 2020-12 Validation, section
7.3; the OpenAPI Format Registry for the widths of integers.
"""

import datetime
import re
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, Final

import jsonschema
import jsonschema_rs

# RFC 3339, section 5.7: second 60 is legal at the ends of months in which one was inserted, June and December so far.
_LEAP_DAYS: Final = ((6, 30), (12, 31))


def is_date_time(value: object) -> bool:
    """Return whether the text is a `date-time` of RFC 3339, section 5.6; True for a value other than text."""
    return not isinstance(value, str) or _is_date_time_text(value)


# The same text is judged by each validator, and for its feature.
@lru_cache(maxsize=64)
def _is_date_time_text(value: str) -> bool:
    return _conforms("date-time", value) and (":60" not in value or _ends_a_leap_month(value))


def _ends_a_leap_month(value: str) -> bool:
    # Any year that `datetime` knows serves, because neither of the days depends on it.
    text = "2000" + value[4:].upper().replace(":60", ":59")
    utc = datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)
    return (utc.month, utc.day) in _LEAP_DAYS


_NATIVE: Final = {
    name: jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True, ignore_unknown_formats=False)
    for name in (
        "date date-time duration email hostname idn-email idn-hostname ipv4 ipv6 iri iri-reference json-pointer regex "
        "relative-json-pointer time uri uri-reference uri-template uuid"
    ).split()
}


# RFC 3339, section 5.6. Schemathesis requires jsonschema_rs before 0.61, which takes the neighbours of digits in ASCII
# for digits too: it accepts "-025" as a year (its issue 1031).
_DATE: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_MINUTES: Final = "[0-9]{2}:[0-9]{2}"
_REST: Final = rf"(\.[0-9]+)?([Zz]|[+-]{_MINUTES})"
_TIME: Final = f"{_MINUTES}:[0-9]{{2}}{_REST}"
_GRAMMARS: Final = {
    "date": re.compile(_DATE),
    "date-time": re.compile(f"{_DATE}[Tt]{_TIME}"),
    "time": re.compile(_TIME),
}


def _conforms(name: str, value: object) -> bool:
    if not isinstance(value, str):
        return True
    if name in _GRAMMARS and not _GRAMMARS[name].fullmatch(value):
        return False
    try:
        return bool(_NATIVE[name].is_valid(value))
    except UnicodeEncodeError:  # Half a surrogate pair, which no format allows.
        return False


INTEGERS: Final = {
    **{f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
}
"""Formats of integers in the OpenAPI Format Registry, with their least and greatest value."""


def _fits(limits: tuple[int, int], value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value // 1:
        return True
    return bool(limits[0] <= value <= limits[1])


ASSERTED: Final[dict[str, Callable[[Any], bool]]] = {
    **{name: partial(_conforms, name) for name in _NATIVE},
    "date-time": is_date_time,
    **{name: partial(_fits, limits) for name, limits in INTEGERS.items()},
}
"""Format to the function that decides it: it takes any JSON value, and returns True for types without the format."""

_LEAP_SECOND: Final = "date-time with a leap second"

STRICTER: Final[dict[str, dict[str, Any]]] = {
    "date": {"pattern": f"^{_DATE}$"},
    "date-time": {"anyOf": [{"pattern": f"^{_DATE}[Tt]{_MINUTES}:[0-5][0-9]{_REST}$"}, {"format": _LEAP_SECOND}]},
    "time": {"pattern": f"^{_TIME}$"},
}
"""Format to the schema that takes, of the texts that jsonschema_rs takes for it, only those that have the format.

It uses the formats of STRICTER_FORMATS: calling a function costs more than all other keywords of most schemas.
"""

STRICTER_FORMATS: Final[dict[str, Callable[[Any], bool]]] = {_LEAP_SECOND: is_date_time}

HINTS: Final = frozenset("binary byte double float password".split())
"""Formats of the registry that describe a representation and leave every value of the type legal."""

FORMATS: Final = frozenset(ASSERTED) | HINTS


def format_checker() -> jsonschema.FormatChecker:
    """Return a checker for jsonschema that asserts exactly the formats of `ASSERTED`."""
    made = jsonschema.FormatChecker(formats=())
    for name, decide in ASSERTED.items():
        made.checks(name)(decide)
    return made
