"""What GitLab requires of a Code Quality report, as a schema."""

from __future__ import annotations

from typing import Any, Final

import jsonschema

# https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format: a relative path, which does not begin
# with `./`. GitLab's parser (lib/gitlab/ci/parsers/codequality) stops at the first issue that it finds invalid.
_TEXT: Final = {"type": "string", "minLength": 1}
_FORMAT: Final[dict[str, Any]] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "additionalProperties": False,
        "properties": {
            "description": {**_TEXT, "pattern": "^[^\n]*$"},
            "check_name": _TEXT,
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {**_TEXT, "pattern": r"^(?!\./|/)"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}

CODE_QUALITY: Final = jsonschema.Draft202012Validator(_FORMAT)
