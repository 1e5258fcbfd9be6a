"""Word why a run that was rejected altogether is no evidence, and the one thing to change."""

import re
from typing import Final
from urllib.parse import urlsplit

from contracts.http import NOT_FOUND, AllRejected, Rejection
from contracts.verdict import CAPTURED_PUT_OFF_FIX, PUT_OFF_FIX, RunFacts


def rejection_line(rejected: AllRejected, run: RunFacts) -> str:
    """Return why a run that was rejected altogether is no evidence, and what to check for each way of rejecting."""
    answered = " or ".join(dict.fromkeys(map(_answered, rejected.rejections)))
    check = _check_captured if run.was_captured else _check
    checks = "; ".join(dict.fromkeys(check(each, run) for each in rejected.rejections))
    return f"no evidence: whatever was asked for was answered {answered}; {checks}"


def _answered(rejection: Rejection) -> str:
    shown = rejection.example if len(rejection.example) <= _EXAMPLE else f"{rejection.example[:_EXAMPLE]}…"
    if rejection.is_page:
        return f"{rejection.status} with an HTML page" + (f' titled "{shown}"' if shown else "")
    return f"{rejection.status} to {shown}" if shown and rejection.leads_elsewhere else str(rejection.status)


def _check(rejection: Rejection, run: RunFacts) -> str:
    """Return what to change, or to find out, for requests to be let in."""
    key = run.document.api_key.environment if run.document.api_key else "the API key"
    if rejection.leads_elsewhere and _LOGIN.search(rejection.example):
        return f"that looks like a login: is {key} set, and right?" + _not_followed(rejection)
    if rejection.leads_elsewhere and str(rejection.status) != NOT_FOUND:
        wrong = _wrong_part(rejection, run.target)
        return f"{'are' if ' and ' in wrong else 'is'} {wrong} right?" + _not_followed(rejection)
    return {
        401: f"is {key} set, and right?{_asked_for(rejection, run)}",
        403: "may this key read these resources?",
        404: "is the path in --base-url right, and do these ids exist?",
        407: "does a proxy want to know the caller?",
        429: PUT_OFF_FIX,
    }[rejection.status]


def _check_captured(rejection: Rejection, run: RunFacts) -> str:
    """Return what to change where answers were captured elsewhere, so that nothing is asked."""
    if rejection.leads_elsewhere and _LOGIN.search(rejection.example):
        return "that looks like a login: capture answers to a client that is logged in"
    if rejection.leads_elsewhere and str(rejection.status) != NOT_FOUND:
        behind = "" if rejection.is_page else "; capture what is behind the redirects"
        return f"are these answers of the right server? name it by {run.server_option}{behind}"
    return {
        401: "capture answers to a client whose API key is right",
        403: "capture answers to a client that may read these resources",
        404: f"is the path in {run.server_option} right, and do these ids exist?",
        407: "capture answers to a client that the proxy knows",
        429: CAPTURED_PUT_OFF_FIX,
    }[rejection.status]


def _asked_for(rejection: Rejection, run: RunFacts) -> str:
    if not rejection.example:
        return ""
    names = " and ".join(each.scheme.title() or each.name for each in run.sent if each.is_secret)
    sent = f"; the key is sent as {names} only" if names and names != rejection.example else ""
    return f" it asks for {rejection.example} (WWW-Authenticate){sent}"


def _not_followed(rejection: Rejection) -> str:
    return "" if rejection.is_page else " (redirects are not followed)"


def _wrong_part(rejection: Rejection, target: str) -> str:
    """Return the part of the base URL that differs from the place where a redirect leads."""
    if rejection.is_page or not rejection.example:
        return "--base-url"
    ours, theirs = urlsplit(target), urlsplit(rejection.example)
    pairs = {"scheme": (ours.scheme, theirs.scheme), "host": (ours.hostname, theirs.hostname)}
    differing = [name for name, (one, other) in pairs.items() if one != other]
    return f"the {' and '.join(differing) or 'path'} in --base-url"


_EXAMPLE: Final = 120
"""The number of characters that a line shows of where a redirect leads, or of a page's title."""

_LOGIN: Final = re.compile(r"(?i)\b(log-?_? ?[io]n|sign-?_? ?[io]n|sso|saml2?|oauth2?|authori[sz]e|idp)\b")
