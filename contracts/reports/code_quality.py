"""Write gl-code-quality.json: the results of a SARIF log, as GitLab shows them in merge requests.

Source: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, TextIO
from urllib.parse import unquote

_SEVERITIES: Final = MappingProxyType({"error": "major", "warning": "minor", "note": "info"})
"""GitLab's severity for each level of SARIF (section 3.27.10)."""


def render(log: Mapping[str, Any], file: TextIO) -> None:
    """Write the report on a log of SARIF to the file."""
    json.dump([*issues(log)], file, indent=2)
    file.write("\n")


def issues(log: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield an issue for each result, but for those that are suppressed (GitLab knows no waivers) or have no line."""
    for run in log["runs"]:
        for result in run["results"]:
            if result["locations"] and not result.get("suppressions"):
                yield _issue(result)


def _issue(result: Mapping[str, Any]) -> dict[str, Any]:
    place = result["locations"][0]["physicalLocation"]
    path = unquote(place["artifactLocation"]["uri"])
    (fingerprint,) = result["partialFingerprints"].values()
    return {
        "description": result["message"]["text"].partition("\n")[0],
        "check_name": result["ruleId"],
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[result["level"]],
        "location": {"path": path, "lines": {"begin": place["region"]["startLine"]}},
    }
