"""The service as a FastAPI application, for servers that speak ASGI."""

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from tests.stacks.service import PATH, answer

app = FastAPI()


@app.get(PATH + "{job_id}")
def read(job_id: str) -> JSONResponse:
    status, body = answer(job_id)
    return JSONResponse(body, status)
