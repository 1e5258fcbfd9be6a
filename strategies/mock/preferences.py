"""Read what a request prefers (RFC 7240), and say in an answer which preferences were followed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.request import parse_http_list

from contracts.http import Response

# RFC 7240, section 2: a name, perhaps a value, perhaps parameters. A value with blanks, commas or semicolons is quoted.
_WORD: Final = r'("[^"]*"|[^;"]*?)'
_PREFERENCE: Final = re.compile(rf"([!#-'*+.^_`|~\w-]+)(?:[ \t]*=[ \t]*{_WORD})?[ \t]*((?:;.*)?)", re.ASCII)
_RATE: Final = re.compile(rf";[ \t]*rate[ \t]*=[ \t]*{_WORD}[ \t]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Preference:
    """One preference: its name in small letters, its value without quotes, and its parameters as they came."""

    name: str
    value: str = ""
    parameters: str = ""

    @property
    def rate(self) -> float:
        """Return the probability with which it is to be followed: its parameter `rate`, and 1 where there is none.

        Raises ValueError for parameters that are anything else.
        """
        if not self.parameters:
            return 1.0
        found = _RATE.fullmatch(self.parameters)
        share = float(found[1].strip('"')) if found else -1.0
        if not 0 <= share <= 1:
            raise ValueError(self.parameters)
        return share


def preferences(headers: Iterable[tuple[str, str]]) -> tuple[Preference, ...]:
    """Return the preferences of a request in their order; a malformed one is left out (RFC 7240, section 2)."""
    fields = [value for name, value in headers if len(name) == len("prefer") and name.lower() == "prefer"]
    return _parse(", ".join(fields)) if fields else ()


@lru_cache(maxsize=256)
def _parse(field: str) -> tuple[Preference, ...]:
    found = (_PREFERENCE.fullmatch(each.strip(" \t")) for each in parse_http_list(field))
    return tuple(Preference(each[1].lower(), (each[2] or "").strip('"'), each[3]) for each in found if each)


def with_applied(response: Response, applied: str) -> Response:
    """Return the answer with one more preference that was followed (RFC 7240, section 3)."""
    name = "Preference-Applied"
    before = [value for field, value in response.headers if field == name]
    others = tuple(field for field in response.headers if field[0] != name)
    return Response(response.status, (*others, (name, ", ".join([*before, applied]))), response.body, response.message)
