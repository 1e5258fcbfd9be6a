"""Ask the exact schema algebra of jsonschema_rs which values one schema admits and another refuses.

Hides the library, its errors, and the schemas that it cannot read. Nothing it says is told without a witness: it had a
wrong answer before, and it knows patterns by their text alone.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jsonschema_rs


@dataclass(frozen=True, slots=True)
class Surplus:
    """Whether the first schema admits a value that the second refuses: None if the algebra does not know.

    `schema` describes such values, as far as the algebra can; `why` says in words what it does not know.
    """

    exists: bool | None
    schema: Any = None
    why: str = ""


def surplus(admits: Any, refuses: Any) -> Surplus:
    """Return whether the schema `admits` allows a value that the schema `refuses` does not."""
    return _surplus(json.dumps(admits, sort_keys=True), json.dumps(refuses, sort_keys=True))


@lru_cache(maxsize=4096)
def _surplus(admits: str, refuses: str) -> Surplus:
    try:
        first, second = _canonical(admits), _canonical(refuses)
        if second.covers(first) == jsonschema_rs.canonical.Containment.YES:
            return Surplus(False)
        rest = first.subtract(second)
        found = rest.satisfiability()
        if found == jsonschema_rs.canonical.Satisfiability.NO:
            return Surplus(False)
        schema = _plain(rest.to_json_schema())
        if found == jsonschema_rs.canonical.Satisfiability.YES:
            return Surplus(True, schema)
        return Surplus(None, schema, "the schema algebra does not decide it")
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001 - a panic of Rust is no Exception; drawing decides without it
        return Surplus(None, None, f"the schema algebra cannot read it ({type(error).__name__})")


@lru_cache(maxsize=4096)
def _canonical(schema: str) -> jsonschema_rs.CanonicalSchema:
    return jsonschema_rs.canonicalize(json.loads(schema), validate_formats=True)


def _plain(schema: Any) -> Any:
    """Return the schema for one that stands inside another; None if it needs its own definitions."""
    if not isinstance(schema, dict):
        return schema
    rest = {keyword: value for keyword, value in schema.items() if keyword != "$schema"}
    return None if "$defs" in rest or '"$ref"' in json.dumps(rest) else rest
