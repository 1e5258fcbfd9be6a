"""The same API as a Flask application: for servers and test clients that speak WSGI."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask, abort, jsonify, request
from werkzeug.exceptions import HTTPException

from tests.standin.app import LONGEST_ID, Conditions, sent
from tests.standin.database import Database, create


def flask_service(file: Path, conditions: Conditions) -> Flask:
    """The service over a new database in the file, without the list of jobs."""
    create(file)
    app, jobs = Flask(__name__), Database(file)

    @app.get("/v4/fine-tuning-jobs/<job_id>")
    def get_job(job_id: str) -> Any:
        account = jobs.account_of(request.headers.get("x-api-key", ""))
        if account is None:
            abort(401, "Invalid API key")
        if len(job_id) > LONGEST_ID:
            problem = {"loc": ["path", "job_id"], "msg": f"at most {LONGEST_ID} characters", "type": "string_too_long"}
            return jsonify(detail=[problem]), 422
        job = jobs.job(job_id)
        if job is None:
            abort(404, "Fine tuning job not found")
        if job.account_id != account:
            abort(403, "Fine tuning job belongs to another account")
        return jsonify(sent(job, conditions))

    @app.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> Any:
        return jsonify(detail=error.description), error.code

    return app
