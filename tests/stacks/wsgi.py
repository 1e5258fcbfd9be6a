"""The service as a Flask application, for servers that speak WSGI."""

from flask import Flask, Response, jsonify

from tests.stacks.service import PATH, answer

app = Flask(__name__)


@app.get(PATH + "<job_id>")
def read(job_id: str) -> tuple[Response, int]:
    status, body = answer(job_id)
    return jsonify(body), status
