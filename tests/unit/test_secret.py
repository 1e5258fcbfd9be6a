"""The key: read from one place, shown nowhere."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from contracts.errors import ConfigurationError
from contracts.secret import REDACTED, Secret, check_api_key, read_api_key

KEY = 'sk-in+ven/ted"&<\\01=23'


def test_no_representation_of_what_holds_a_key_shows_it() -> None:
    key = Secret(KEY)
    held = {"x-api-key": key, "list": [key]}
    assert KEY not in repr(key) + repr(held) + ascii(held)
    assert str(key) == KEY


def test_a_traceback_with_its_values_does_not_show_it() -> None:
    def fail(key: str) -> None:
        raise ValueError

    try:
        fail(check_api_key(KEY))
    except ValueError as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        inner = shown.stack[-1].locals
        assert inner == {"key": repr(REDACTED)}


def key_file(folder: Path, content: bytes) -> Path:
    file = folder / "key"
    file.write_bytes(content)
    return file


@pytest.mark.parametrize("content", [b"sk-1", b"sk-1\n", b"\xef\xbb\xbfsk-1\r\n", b"  sk-1  \n\n"])
def test_a_file_holds_the_key_alone(tmp_path: Path, content: bytes) -> None:
    assert read_api_key(key_file(tmp_path, content)) == "sk-1"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "holds no key"),
        (b"\n \n", "holds no key"),
        (b"geheim\ngeheim\n", "one line"),
        ("schlüssel-geheim".encode(), "ASCII"),
        (b"geheim\xff", "ASCII"),
    ],
)
def test_a_file_without_a_key_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told) as caught:
        read_api_key(key_file(tmp_path, content))
    line = str(caught.value)
    assert line.splitlines() == [line]
    assert "--api-key-file" in line
    assert "geheim" not in line


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_a_file_that_cannot_be_read_is_told_with_the_mend(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="name a file that holds the key alone"):
        read_api_key(tmp_path / name)
