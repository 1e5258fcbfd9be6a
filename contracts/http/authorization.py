"""Put the API key and the other credentials into a request for as long as it is sent, and mask them in what comes back.

Hides where each stands: in a header of its own, in Authorization (RFC 6750, section 2.1; RFC 7617, section 2), in the
query, or in a cookie.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import requests

from contracts.http.api_key import REDACTED, Mask, Secret
from contracts.http.exchange import carries_no_key
from contracts.openapi import Credential

_MIN_MASKED: Final = 4
"""The shortest value of a header, in characters, that is masked: a shorter one is everywhere by chance."""

_MIN_OWN: Final = 16
"""The same for a header of the user's own: a tenant's name, say, stands in right answers, which must not be changed."""

_MIN_PASSWORD: Final = 8
"""The shortest password that is masked without its user's name before it."""


@dataclass(frozen=True, slots=True)
class CredentialValue:
    """A credential and its value, which no representation shows."""

    credential: Credential
    value: Secret

    @property
    def field(self) -> Secret:
        """Return the value as it is sent."""
        scheme = self.credential.scheme
        if scheme == "basic":
            return Secret(f"Basic {base64.b64encode(self.value.encode()).decode()}")
        return Secret(f"Bearer {self.value}") if scheme == "bearer" else self.value

    @property
    def _shortest(self) -> int:
        return _MIN_OWN if self.credential.scheme == "none" else _MIN_MASKED

    def masked(self) -> Iterator[Secret]:
        """Yield every text that must be seen nowhere, the longest first."""
        if not self.credential.is_secret:
            return
        if self.credential.scheme == "basic":
            yield Secret(self.field.removeprefix("Basic "))
            yield self.value
            password = self.value.partition(":")[2]
            if len(password) >= _MIN_PASSWORD:
                yield Secret(password)
        elif self.credential.place != "header" or len(self.value) >= self._shortest:
            yield self.value


class KeySource:
    """Gives another key in place of one that ran out, to all sessions of a process; `get` raises ContractError."""

    def __init__(self, get: Callable[[], CredentialValue]) -> None:
        self.was_accepted = False
        """Whether any session was let in by a key."""
        self.given: list[CredentialValue] = []
        """Every key so far, the latest last."""
        self._get = get

    def renew(self) -> None:
        """Get another key; raises ContractError if there is none."""
        self.given.append(self._get())

    def current(self, values: tuple[CredentialValue, ...]) -> tuple[CredentialValue, ...]:
        """Return the values with the latest key among them."""
        latest = self.given[-1] if self.given else None
        return tuple(latest if latest and each.credential == latest.credential else each for each in values)


class Authorization:
    """The credentials of a session, and the masks of their secrets; without any, nothing is added or masked.

    The secrets of those that were sent `before` are masked as well.
    """

    def __init__(self, values: Iterable[CredentialValue] = (), before: Authorization | None = None) -> None:
        self._all = _Fields(values := tuple(values))
        # What a server sends back must hold no secret (RFC 9110, section 9.3.8).
        self._public = _Fields(each for each in values if not each.credential.is_secret)
        own = [Mask(text) for each in values for text in each.masked()]
        self.masks: list[Mask] = [*own, *(before.masks if before else ())]
        if self._all.query:
            _HIDING.install()

    def add_to(self, request: requests.PreparedRequest) -> tuple[str, str | None]:
        """Add the credentials to the request; returns its URL and cookies before, for `take_from`."""
        fields, url, cookies = self._fields_of(request), str(request.url), request.headers.get("Cookie")
        request.headers.update(fields.headers)
        if cookies and "Cookie" in fields.headers:
            # A request has one field of all its cookies (RFC 6265, section 5.4).
            request.headers["Cookie"] = Secret(f"{cookies}; {fields.headers['Cookie']}")
        if fields.query:
            request.url = f"{url}{'&' if '?' in url else '?'}{fields.query}"
        return url, cookies

    def take_from(self, request: requests.PreparedRequest, url: str, cookies: str | None) -> None:
        """Take the credentials out again."""
        request.url = url
        for name in self._fields_of(request).headers:
            request.headers.pop(name, None)
        if cookies is not None:
            request.headers["Cookie"] = cookies

    def _fields_of(self, request: requests.PreparedRequest) -> _Fields:
        return self._public if carries_no_key(str(request.method)) else self._all

    def mask(self, data: bytes) -> bytes:
        """Return the data with REDACTED in place of every secret."""
        for mask in self.masks:
            data = mask(data)
        return data

    def overwrite(self, data: bytes) -> bytes:
        """Return the data with as many asterisks in place of every secret."""
        for mask in self.masks:
            data = mask.overwrite(data)
        return data

    def text(self, text: str) -> str:
        """Return the text without the secrets."""
        for mask in self.masks:
            text = mask.text(text)
        return text

    def fields(self, fields: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Return header fields without the secrets."""
        found = tuple(fields)
        for mask in self.masks:
            found = mask.fields(found)
        return found


class _Fields:
    """The header fields, and the text of a query, that the session adds to a request."""

    def __init__(self, values: Iterable[CredentialValue]) -> None:
        values = tuple(values)
        self.headers = {each.credential.name: each.field for each in values if each.credential.place == "header"}
        cookies = [f"{each.credential.name}={each.value}" for each in values if each.credential.place == "cookie"]
        if cookies:
            self.headers["Cookie"] = Secret("; ".join(cookies))
        pairs = ((each.credential.name, each.value) for each in values if each.credential.place == "query")
        self.query = Secret("&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs))


class _HideQueries(logging.Filter):
    """Takes queries out of what urllib3 logs of the URLs that it sends (urllib3 2.8, `connectionpool.py`)."""

    def install(self) -> None:
        """Begin; a second time changes nothing."""
        logging.getLogger("urllib3.connectionpool").addFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record, and keep it."""
        if isinstance(record.args, tuple):
            record.args = tuple(
                f"{each.partition('?')[0]}?{REDACTED}" if isinstance(each, str) and "?" in each else each
                for each in record.args
            )
        return True


_HIDING: Final = _HideQueries()
