"""An independent mock of the pinned document: what it answers conforms, but for what only the overlay knows."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.openapi import PINNED
from tests.support.suite import run_suite

# Prism dies of a path that is not UTF-8 (a true finding, about Prism), so such ids are left out.
OPTIONS = ("--utf8-ids", "--job-id", "known-1", "--job-id", "known-2", "--job-id", "known-3")


@pytest.fixture(scope="module")
def prism() -> Iterator[str]:
    """The URL of Prism, answering at random what the document allows."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = Path(os.environ["NODE_MODULES"], ".bin", "prism")
    command = [str(program), "mock", "--dynamic", "--port", str(port), str(PINNED)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        # Its log is read on to the end: Prism would wait for ever for room in a full pipe.
        log = threading.Thread(target=lambda: [None for _ in lines])
        try:
            assert any("is listening" in line for line in lines), "Prism ended before it listened"
            log.start()
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            log.join()


def test_prism_conforms_to_the_document(prism: str) -> None:
    result = run_suite("--base-url", prism, "--no-overlay", *OPTIONS)
    assert result.code == 0, result.output
    assert result.verdict[0].startswith("CONFORMS")


def test_prism_violates_only_rules_of_the_overlay_the_echo_first(prism: str) -> None:
    result = run_suite("--base-url", prism, *OPTIONS)
    assert result.code == 1
    rules = [line.split()[0] for line in result.violations]
    assert rules[0] == "overlay.equals"
    assert {rule.split(".")[0] for rule in rules} == {"overlay"}
