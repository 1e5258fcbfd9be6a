"""What the tests of documents share."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.openapi import Document, load


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Document]:
    """Load contents, or text, as a file named orchard.yaml."""

    def load_from(contents: Any, **options: Any) -> Document:
        path = tmp_path / "orchard.yaml"
        data = contents if isinstance(contents, str | bytes) else json.dumps(contents)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return load(path, **options)

    return load_from
