"""exchanges.har: every exchange of the run as an HTTP Archive 1.2, for browsers' and proxies' own viewers.

Source: https://w3c.github.io/web-performance/specs/HAR/Overview.html
"""

from __future__ import annotations

import base64
import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TextIO

import harfile

from contracts.recorder import Pairs, Recorded, recorded


def render(folder: Path, file: TextIO) -> int:
    """Write the exchanges that were recorded in the folder; returns how many."""
    count = 0
    creator = harfile.Creator("fine-tuning-job-contract", version("fine-tuning-job-contract"))
    with harfile.HarFile(file, creator=creator) as archive:
        for each in recorded(folder):
            count += 1
            time = round(each.seconds * 1000, 3)
            archive.add_entry(
                startedDateTime=datetime.datetime.fromtimestamp(each.at, datetime.UTC),
                time=time,
                request=harfile.Request(each.method, each.url, "HTTP/1.1", headers=_records(each.asked), bodySize=0),
                response=_response(each),
                timings=harfile.Timings(send=0, wait=time, receive=0),
                comment=f"no answer: {each.failure}" if each.failure else None,
            )
    return count


def _records(fields: Pairs) -> list[harfile.Record]:
    return [harfile.Record(name, value) for name, value in fields]


def _response(each: Recorded) -> harfile.Response:
    kind = next((value for name, value in each.fields if name.lower() == "content-type"), "")
    return harfile.Response(
        status=each.status,
        statusText="",
        httpVersion="HTTP/1.1",
        headers=_records(each.fields),
        content=_content(each.body, kind),
        bodySize=len(each.body),
    )


def _content(body: bytes, kind: str) -> harfile.Content:
    try:
        return harfile.Content(size=len(body), mimeType=kind, text=body.decode())
    except UnicodeDecodeError:
        return harfile.Content(size=len(body), mimeType=kind, text=base64.b64encode(body).decode(), encoding="base64")
