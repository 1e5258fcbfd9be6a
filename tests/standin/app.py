"""The service: two reads of fine-tuning jobs, for whoever sends a key."""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi import Path as FromPath
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader

from tests.standin.database import Database, create
from tests.standin.defects import IN_BODIES, NUL_CRASH
from tests.standin.models import FineTuningJob, Page

LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class Conditions:
    """How the service does: seconds before each answer, every how-manyeth request gets a 503 (0: none), requests a
    second before a 429 (0: any number), seconds of Retry-After on a 503, whether nulls are left out, its defects.
    """

    latency: float = 0.0
    flaky: int = 0
    throttle: int = 0
    retry_after: int = 1
    omit_nulls: bool = False
    defects: tuple[str, ...] = ()


router = APIRouter(prefix="/v4/fine-tuning-jobs")


def service(file: Path, conditions: Conditions) -> FastAPI:
    """The service over a new database in the file."""
    create(file)
    # As FastAPI comes, it redirects a path with a slash too many.
    app = FastAPI(title="Fine-tuning jobs")
    app.state.database, app.state.conditions = Database(file), conditions
    app.middleware("http")(weather(conditions))
    app.include_router(router)
    return app


async def database(request: Request) -> Database:
    found: Database = request.app.state.database
    return found


def account(key: Annotated[str, Depends(APIKeyHeader(name="x-api-key"))], jobs: Jobs) -> str:
    found = jobs.account_of(key)
    if found is None:
        raise HTTPException(401, "Invalid API key")
    return found


Jobs = Annotated[Database, Depends(database)]
Account = Annotated[str, Depends(account)]


@router.get("")
def list_jobs(
    jobs: Jobs,
    account: Account,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
    page: Annotated[int, Query(ge=1)] = 1,
) -> Page:
    items, total = jobs.page(account, limit, page)
    return Page(items=items, current_page=page, items_per_page=limit, total_item_count=total)


@router.get("/{fine_tuning_job_id}", response_model=FineTuningJob)
def get_job(
    request: Request, jobs: Jobs, account: Account, fine_tuning_job_id: Annotated[str, FromPath(max_length=LONGEST_ID)]
) -> Response:
    conditions: Conditions = request.app.state.conditions
    if NUL_CRASH in conditions.defects and "\x00" in fine_tuning_job_id:
        raise RuntimeError("a string literal cannot contain NUL (0x00) characters")
    job = jobs.job(fine_tuning_job_id)
    if job is None:
        raise HTTPException(404, "Fine tuning job not found")
    if job.account_id != account:
        raise HTTPException(403, "Fine tuning job belongs to another account")
    return JSONResponse(sent(job, conditions))


def sent(job: FineTuningJob, conditions: Conditions) -> dict[str, Any]:
    """The job as JSON, with the defects that are switched on."""
    body = job.model_dump(mode="json", exclude_none=conditions.omit_nulls)
    for name in conditions.defects:
        body = IN_BODIES[name](body) if name in IN_BODIES else body
    return body


Next = Callable[[Request], Awaitable[Response]]


def weather(conditions: Conditions) -> Callable[[Request, Next], Awaitable[Response]]:
    """What comes between a client and the service: delay, failures for a while, and a limit of requests a second."""
    turns, second, used = itertools.count(1), 0, 0

    async def middleware(request: Request, call_next: Next) -> Response:
        nonlocal second, used
        now = time.monotonic()
        second, used = (second, used + 1) if int(now) == second else (int(now), 1)
        if conditions.throttle and used > conditions.throttle:
            wait = str(max(1, math.ceil(second + 1 - now)))
            return JSONResponse({"detail": "Too many requests"}, 429, {"Retry-After": wait})
        if conditions.flaky and next(turns) % conditions.flaky == 0:
            wait = str(conditions.retry_after)
            return JSONResponse({"detail": "Service temporarily unavailable"}, 503, {"Retry-After": wait})
        if conditions.latency:
            await asyncio.sleep(conditions.latency)
        return await call_next(request)

    return middleware
