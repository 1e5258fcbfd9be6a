"""Judge every OpenAPI document of a folder against its own mock: exit code, operations, self-test, seconds and memory.

python tests/published/judge_folder.py FOLDER [--OPTION ...]      options are passed on to `contract verify`

Published documents belong to their owners and are not kept here. The exit code is 1 if any document ends otherwise than
with 0, or if a fault of its self-test is not noticed.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

SUFFIXES: Final = (".json", ".yaml", ".yml")


def main(arguments: Sequence[str]) -> int:
    """Judge the documents of the first argument's folder; return the exit code."""
    if not arguments or not Path(arguments[0]).is_dir():
        print("name a folder of OpenAPI documents: tox run -e documents -- FOLDER")
        return 4
    folder, *options = arguments
    files = [file for file in sorted(Path(folder).iterdir()) if file.suffix in SUFFIXES]
    if not files:
        print(f"{folder} holds no document: no file ends in {', '.join(SUFFIXES)}")
        return 4
    names = ("document", "exit", "judged", "left out", "requests", "self-test", "s", "MiB")
    print("{:<36} {:>4} {:>9} {:>8} {:>8} {:>13} {:>6} {:>5}".format(*names))
    return max([_judge(file, options) for file in files])


def _judge(file: Path, options: Sequence[str]) -> int:
    """Judge one document and print its line; return 0 if all is well with it."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "contracts",
            "verify",
            "--no-overlay",
            "--no-progress",
            "--document",
            str(file),
        ]
        started = time.monotonic()
        with (Path(folder) / "output").open("w+") as output:
            process = subprocess.Popen([*command, "--report-dir", folder, *options], stdout=output, stderr=output)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = code = os.waitstatus_to_exitcode(status)
            output.seek(0)
            said = output.read()
        seconds = time.monotonic() - started
        report = Path(folder) / "report.json"
        facts = json.loads(report.read_text()) if report.is_file() else None
    print(f"{file.name:<36} {code:>4} {_facts(facts)} {seconds:>6.1f} {usage.ru_maxrss / 1024:>5.0f}", flush=True)
    if code or facts is None:
        print("    " + "\n    ".join(said.strip().splitlines()[-12:]))
    noticed = facts is not None and facts["self_test"].get("caught") == facts["self_test"].get("all")
    return int(bool(code) or not noticed)


def _facts(report: dict[str, Any] | None) -> str:
    if report is None:
        return f"{'-':>9} {'-':>8} {'-':>8} {'-':>13}"
    operations, test = report["document"]["operations"], report["self_test"]
    judged = f"{operations['judged']}/{operations['described']}"
    noticed = f"{test.get('caught', 0)}/{test.get('all', 0)}"
    return f"{judged:>9} {len(report['document']['left_out']):>8} {report['requests']['total']:>8} {noticed:>13}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
