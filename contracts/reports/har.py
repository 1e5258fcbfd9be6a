"""Write exchanges.har: every exchange of the run as an HTTP Archive 1.2, for the viewers of browsers and proxies.

Source: https://w3c.github.io/web-performance/specs/HAR/Overview.html
"""

import datetime
from collections.abc import Iterable
from importlib.metadata import version
from typing import TextIO

import harfile

from contracts.http import Exchange, Failure, Response


def render(exchanges: Iterable[Exchange], file: TextIO) -> int:
    """Write the exchanges to the file; return how many there were."""
    count = 0
    creator = harfile.Creator("fine-tuning-job-contract", version("fine-tuning-job-contract"))
    with harfile.HarFile(file, creator=creator) as archive:
        for exchange in exchanges:
            count += 1
            request, outcome = exchange.request, exchange.outcome
            milliseconds = round(exchange.seconds * 1000, 3)
            archive.add_entry(
                startedDateTime=datetime.datetime.fromtimestamp(exchange.at, datetime.UTC),
                time=milliseconds,
                request=harfile.Request(
                    request.method,
                    request.url,
                    "HTTP/1.1",
                    headers=_records((*request.negotiated, *request.headers)),
                    bodySize=0,
                ),
                response=_response(outcome if isinstance(outcome, Response) else Response(0, (), b"")),
                timings=harfile.Timings(send=0, wait=milliseconds, receive=0),
                comment=f"no answer: {outcome.kind}" if isinstance(outcome, Failure) else None,
            )
    return count


def _records(fields: Iterable[tuple[str, str]]) -> list[harfile.Record]:
    return [harfile.Record(name, value) for name, value in fields]


def _response(response: Response) -> harfile.Response:
    kept = response.to_json()
    is_text = "body" in kept
    content = harfile.Content(
        size=len(response.body),
        mimeType=next((value for name, value in response.headers if name.lower() == "content-type"), ""),
        text=kept["body"] if is_text else kept["body_base64"],
        encoding=None if is_text else "base64",
    )
    return harfile.Response(
        status=response.status,
        statusText="",
        httpVersion="HTTP/1.1",
        headers=_records(response.headers),
        content=content,
        bodySize=len(response.body),
    )
