"""A realistic service to hold the harness against: FastAPI over a SQLite file, with API keys and several accounts.

`python -m tests.standin` serves it; `tests.standin.running` starts it in a process of its own.
"""
