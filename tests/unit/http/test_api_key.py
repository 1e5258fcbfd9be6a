"""The API key is read from a file or a variable, and shown nowhere."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from contracts.errors import ConfigurationError
from contracts.http.api_key import REDACTED, Secret, check_api_key, read_api_key
from contracts.http.authorization import CredentialValue
from contracts.openapi import Credential

KEY = 'sk-in+ven/ted"&<\\01=23'


def test_no_repr_of_a_value_that_holds_a_key_shows_it() -> None:
    key = Secret(KEY)
    held = {"x-api-key": key, "list": [key]}
    assert KEY not in repr(key) + repr(held) + ascii(held) + repr(CredentialValue(Credential("x-api-key", "KEY"), key))
    assert str(key) == KEY


def test_a_traceback_with_local_variables_does_not_show_the_key() -> None:
    def fail(key: str) -> None:
        raise ValueError

    try:
        fail(check_api_key(KEY, "THE_KEY"))
    except ValueError as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        inner = shown.stack[-1].locals
        assert inner == {"key": repr(REDACTED)}


def key_file(folder: Path, content: bytes) -> Path:
    file = folder / "key"
    file.write_bytes(content)
    return file


@pytest.mark.parametrize("content", [b"sk-1", b"sk-1\n", b"\xef\xbb\xbfsk-1\r\n", b"  sk-1  \n\n"])
def test_blanks_and_a_byte_order_mark_around_the_key_in_a_file_are_ignored(tmp_path: Path, content: bytes) -> None:
    assert read_api_key(key_file(tmp_path, content)) == "sk-1"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "holds no key"),
        (b"\n \n", "holds no key"),
        (b"geheim\ngeheim\n", "one line"),
        ("schlüssel-geheim".encode(), "ASCII"),
        (b"geheim\xff", "ASCII"),
    ],
)
def test_a_file_without_a_key_is_refused_and_not_repeated(tmp_path: Path, content: bytes, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem) as caught:
        read_api_key(key_file(tmp_path, content))
    line = str(caught.value)
    assert line.splitlines() == [line]
    assert "--api-key-file" in line
    assert "geheim" not in line


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_a_file_that_cannot_be_read_is_refused_with_the_fix(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="name a file that holds the key alone"):
        read_api_key(tmp_path / name)
