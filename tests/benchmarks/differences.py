"""Measure how long `contract diff` compares, and how much memory that takes.

    python tests/benchmarks/differences.py [--smoke]

The pinned document with 50 edits, and documents of a hundred operations with 1, 20 and 100. Nothing is asserted: the
figures are for readers.
"""

from __future__ import annotations

import argparse
import copy
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from contracts.changes import compare_documents
from contracts.openapi import PINNED, Document, load_contents, read_file
from strategies import change_witnesses


def edited(contents: dict[str, Any], count: int) -> dict[str, Any]:
    """Return a copy of a document with edits of its components, the same each time."""
    made, chance = copy.deepcopy(contents), Random(count)
    holders = list(_objects(made["components"]["schemas"]))
    for number in range(count):
        while not _edit(chance.choice(holders), chance.randrange(6), number):
            pass
    return made


def _objects(value: Any) -> Any:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(inner)


def _edit(schema: dict[str, Any], way: int, number: int) -> bool:
    """Make one edit of a schema; return whether that way applies to it."""
    properties = schema.get("properties")
    if way == 0 and isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    elif way == 1 and isinstance(schema.get("enum"), list):
        schema["enum"].append(f"value{number}")
    elif way == 2 and isinstance(schema.get("required"), list) and schema["required"]:
        schema["required"].pop()
    elif way == 3 and isinstance(properties, dict):
        properties[f"property{number}"] = {"type": "integer"}
    elif way == 4 and schema.get("type") == "string":
        schema["maxLength"] = 50 + number
    elif way == 5 and isinstance(properties, dict):
        schema["required"] = [*schema.get("required", ()), f"property{number}"]
    else:
        return False
    return True


def many_operations(count: int = 100) -> dict[str, Any]:
    """Return a document whose operations answer with components that refer to every fifth one."""
    schemas: dict[str, Any] = {}
    for number in range(count):
        chance = Random(number)
        fields = {f"field{each}": {"type": chance.choice(["string", "integer", "boolean"])} for each in range(12)}
        shared = {"$ref": f"#/components/schemas/Part{number - number % 5}"}
        inner = {"next": shared, "list": {"type": "array", "items": shared}} if number % 5 else {}
        kinds = {"id": {"type": "string"}, "kind": {"enum": [f"kind{each}" for each in range(6)]}}
        properties = {**kinds, **fields, **inner}
        schemas[f"Part{number}"] = {"type": "object", "required": ["id", "kind"], "properties": properties}
    paths = {f"/part{number}/{{id}}": {"get": _operation(f"Part{number}")} for number in range(count)}
    about = {"openapi": "3.1.0", "info": {"title": "Parts", "version": "1"}}
    return {**about, "paths": paths, "components": {"schemas": schemas}}


def _operation(name: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    return {"parameters": [parameter], "responses": {"200": {"description": "", "content": content}}}


def measure(name: str, old: Document, new: Document) -> None:
    """Print the processor seconds of a comparison, what it found, and the most memory of the process so far."""
    started = time.process_time()
    found = compare_documents(old, new, change_witnesses, ({}, {})).changes
    seconds = time.process_time() - started
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    counts = Counter(str(each.classification) for each in found)
    sys.stdout.write(f"{name}: {seconds:.2f} s, {megabytes} MB, {dict(counts)}\n")


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="few edits: proves that it runs, measures nothing")
    is_brief = parser.parse_args().smoke
    pinned, large = read_file(PINNED)[0], many_operations()
    measure("pinned, 50 edits", load_contents(pinned, PINNED), load_contents(edited(pinned, 50), PINNED))
    for count in (1,) if is_brief else (1, 20, 100):
        sides = (load_contents(each, Path("parts.json")) for each in (large, edited(large, count)))
        measure(f"100 operations, {count} edits", *sides)


if __name__ == "__main__":
    main()
