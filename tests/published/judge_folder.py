"""Judge every OpenAPI document of a folder against its own mock: exit code, operations, self-test, cost and memory.

python tests/published/judge_folder.py FOLDER [--OPTION ...]      options are passed on to `contract verify`

As many documents are judged at the same time as there are processors.
Published documents belong to their owners and are not kept here. The exit code is 1 if any document ends otherwise than
with 0, or if a fault of its self-test is not noticed.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
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
    names = ("document", "exit", "judged", "left out", "requests", "self-test", "cpu s", "MiB")
    print("{:<36} {:>4} {:>9} {:>8} {:>8} {:>13} {:>6} {:>5}".format(*names))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        # The largest come first, so that none of them is left alone at the end.
        by_size = sorted(files, key=lambda file: file.stat().st_size, reverse=True)
        judged = {file: pool.submit(_judge, file, options) for file in by_size}
        results = []
        for file in files:
            is_well, lines = judged[file].result()
            print(*lines, sep="\n", flush=True)
            results.append(is_well)
    return 0 if all(results) else 1


def _judge(file: Path, options: Sequence[str]) -> tuple[bool, list[str]]:
    """Judge one document; return whether all is well with it, and the lines to print."""
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
        with (Path(folder) / "output").open("w+") as output:
            process = subprocess.Popen([*command, "--report-dir", folder, *options], stdout=output, stderr=output)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = code = os.waitstatus_to_exitcode(status)
            output.seek(0)
            said = output.read()
        report = Path(folder) / "report.json"
        facts = json.loads(report.read_text()) if report.is_file() else None
    seconds = usage.ru_utime + usage.ru_stime
    lines = [f"{file.name:<36} {code:>4} {_facts(facts)} {seconds:>6.1f} {usage.ru_maxrss / 1024:>5.0f}"]
    if code or facts is None:
        lines += [f"    {line}" for line in said.strip().splitlines()[-12:]]
    noticed = facts is not None and facts["self_test"].get("caught") == facts["self_test"].get("all")
    return not code and noticed, lines


def _facts(report: dict[str, Any] | None) -> str:
    if report is None:
        return f"{'-':>9} {'-':>8} {'-':>8} {'-':>13}"
    operations, test = report["document"]["operations"], report["self_test"]
    judged = f"{operations['judged']}/{operations['described']}"
    noticed = f"{test.get('caught', 0)}/{test.get('all', 0)}"
    return f"{judged:>9} {len(report['document']['left_out']):>8} {report['requests']['total']:>8} {noticed:>13}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
