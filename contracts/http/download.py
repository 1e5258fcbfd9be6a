"""Download one document, by GET alone; redirects that lead to another host are not followed.

Hides requests, its errors, and the limits of time and size. No credentials and no cookies are sent.
"""

import time
from typing import Final
from urllib.parse import urljoin, urlsplit

import requests

from contracts.http.failures import failure_of
from contracts.openapi import TargetError

TIME: Final = 30.0
"""Seconds for all of it."""

SIZE: Final = 50 * 1024 * 1024
"""The largest document in bytes."""

HOPS: Final = 5
"""How many redirects within one host are followed."""

_ACCEPT: Final = "application/vnd.oai.openapi+json, application/json, application/yaml, text/yaml, */*;q=0.1"


def download(url: str) -> bytes:
    """Return what a URL answers; raise TargetError, in one line, unless that is a success that is no web page."""
    shown = plain_url(url)
    deadline = time.monotonic() + TIME
    with requests.Session() as session:
        session.trust_env = False
        for _ in range(HOPS + 1):
            try:
                with session.get(
                    url, headers={"Accept": _ACCEPT}, timeout=TIME, allow_redirects=False, stream=True
                ) as response:
                    if not response.is_redirect:
                        return _body(shown, response, deadline)
                    url = _next(shown, url, response.headers["Location"])
                    session.cookies.clear()
            except (requests.RequestException, OSError, ValueError) as error:
                detail = failure_of(error).detail
                fix = "name a URL that answers, or save the document and name the file"
                raise TargetError(shown, f"cannot be read: instead of it came {detail}", fix) from None
    raise TargetError(shown, f"redirects more than {HOPS} times", "name the URL of the document itself")


def plain_url(url: str) -> str:
    """Return the URL without user, password and query, which may be secret."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _next(shown: str, url: str, location: str) -> str:
    """Return the URL of a redirect; raise TargetError if that is another host, or no longer encrypted."""
    target = urljoin(url, location)
    old, new = urlsplit(url), urlsplit(target)
    if old.hostname != new.hostname or new.scheme not in ("https", old.scheme):
        raise TargetError(shown, f"redirects to {plain_url(target)}, which is not followed", "name that URL itself")
    return target


def _body(shown: str, response: requests.Response, deadline: float) -> bytes:
    if response.status_code != requests.codes.ok:
        raise TargetError(shown, f"answers {response.status_code}", "name a URL that answers 200 with the document")
    if response.headers.get("Content-Type", "").lower().startswith("text/html"):
        raise TargetError(shown, "answers HTML, a page and no document", "name the URL of the JSON or YAML itself")
    found = bytearray()
    for chunk in response.iter_content(64 * 1024):
        found += chunk
        if len(found) > SIZE or time.monotonic() > deadline:
            raise TargetError(shown, f"is larger than {SIZE:,} bytes or takes longer than {TIME:g} s", "save it first")
    return bytes(found)
