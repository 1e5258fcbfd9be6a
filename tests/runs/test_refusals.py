"""Bad input: one line with the fix, exit code 4, and nothing asked."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from tests.support.suite import refused, run_suite

OPENAPI = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths:\n  /a/{x}:\n    get:\n"
GET = (
    "      parameters: [{name: x, in: path, required: true, schema: {type: string}}]\n"
    "      responses: {'200': {description: d, content: {application/json: {schema: %s}}}}\n"
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty; give an OpenAPI 3.1 document"),
        ("- 1\n- 2\n", "is not an OpenAPI document"),
        ("a: [", "is neither YAML nor JSON"),
        ("openapi: 3.0.3\npaths: {}\n", "#/openapi is version 3.0.3; convert it to OpenAPI 3.1"),
        (OPENAPI + GET % "{$ref: '#/components/schemas/Gone'}", "schema/$ref dangles"),
        (OPENAPI + GET % "{$ref: '#/paths/~1a~1{x}/get/responses/200/content/application~1json/schema'}", "endlessly"),
        (OPENAPI + GET % "{type: string, minLength: 5, maxLength: 2}", "schema is satisfied by no value"),
        ("just a text\n", "is not an OpenAPI document"),
        ("swagger: '2.0'\npaths: {}\n", "#/swagger is version 2.0; convert it to OpenAPI 3.1"),
        ("openapi: 3.1.0\npaths: {}\n", "#/paths has no get operation; describe at least one"),
        (OPENAPI + GET % "{$ref: 'other.yaml#/X'}", "schema/$ref refers to another file: other.yaml#/X"),
    ],
)
def test_a_document_that_cannot_be_judged_is_refused_by_its_place(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "document.yaml"
    file.write_text(text)
    line = refused(run_suite("--document", str(file)))
    assert told in line
    assert "; " in line


def test_a_cyclic_reference_that_goes_into_the_instance_is_no_fault(tmp_path: Path) -> None:
    file = tmp_path / "tree.yaml"
    node = (
        "{type: object, required: [name], properties: {name: {type: string}, inner: {$ref: '#/components/schemas/N'}}}"
    )
    file.write_text(OPENAPI + GET % "{$ref: '#/components/schemas/N'}" + f"components: {{schemas: {{N: {node}}}}}\n")
    assert run_suite("--document", str(file)).code == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--job-ids", "no/such/file"], "cannot be read: No such file or directory"),
        (["--job-id", "a\nb"], "holds a line break; write one --job-id for each id"),
        (["--job-id", ""], "cannot be sent"),
        (["--base-url", "localhost:8080"], "has no scheme; write it as https://host:port/path"),
        (["--base-url", ""], "is empty; give a URL, or leave it out to judge the embedded mock"),
        (["--base-url", "ftp://host/path"], "is no http or https URL; write it as https://host:port/path"),
        (["--base-url", "http://127.0.0.1:1/with/a/path"], "http://127.0.0.1:1/with/a/path refuses connections"),
        (["--base-url", "http://127.0.0.1:1?a=b"], "has more than scheme, host, port and path; leave the rest out"),
        (["--base-url", "http://127.0.0.1:99999"], "is no URL; write it as https://host:port/path"),
        (["--base-url", "https://me:secret@host"], "carries credentials"),
        (["--base-url", "http://127.0.0.1:1"], "refuses connections; start the server"),
        (["--base-url", "http://no-such-host.invalid"], "no name server knows"),
        (["--overlay", "x.yaml", "--no-overlay"], "contradict each other"),
        (["--overlay", "null"], "no overlay of that name comes along: closed, fastapi, forbidden, not-found, nulls"),
        (["--hypothesis-profile", "nightlyy"], "no profile is named 'nightlyy'; choose one of ci, nightly, prerelease"),
        (["--timeout", "0"], "is no time; give seconds above 0"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(options: list[str], told: str) -> None:
    line = refused(run_suite(*options))
    assert told in line
    assert "secret" not in line


def test_a_document_of_which_no_value_is_found_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "document.yaml"
    file.write_text(OPENAPI + GET % "{type: string, minLength: 5, pattern: '^[a-z]{3}$'}")
    result = run_suite("--document", str(file))
    assert result.code == 4
    assert "none was found; give a pattern with fewer conditions" in result.errors
    assert "Traceback" not in result.output + result.errors


@pytest.mark.parametrize(
    ("contents", "told"),
    [
        (b"", "holds no id; write one id a line"),
        (b"\n \n", "holds no id; write one id a line"),
        (b"ft-1\n..\n", "the job id '..' cannot be sent"),
        (b"\xff\n", "is not UTF-8; write one id a line in UTF-8"),
    ],
)
def test_a_file_of_ids_that_makes_no_sense_is_refused(tmp_path: Path, contents: bytes, told: str) -> None:
    file = tmp_path / "ids"
    file.write_bytes(contents)
    assert told in refused(run_suite("--job-ids", str(file)))


@contextmanager
def answering(reply: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port on which every connection is handed to `reply`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    try:
                        reply(connection)
                    except OSError:
                        continue

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def test_a_server_that_does_not_speak_http_is_no_target() -> None:
    def greet(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"220 smtp.example.org ESMTP\r\n")

    with answering(greet) as port:
        line = refused(run_suite("--base-url", f"http://127.0.0.1:{port}"))
    assert "answers something that is not HTTP; correct the port" in line


def test_a_server_without_tls_is_no_https_target() -> None:
    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with answering(answer) as port:
        line = refused(run_suite("--base-url", f"https://127.0.0.1:{port}"))
    assert "speaks no TLS; is it http rather than https?" in line


def test_a_certificate_of_an_unknown_authority_is_refused_and_its_own_accepted(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    bundle = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(bundle)

    def answer(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(65536)
            secured.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with answering(answer) as port:
        url = f"https://127.0.0.1:{port}"
        line = refused(run_suite("--base-url", url))
        trusted = run_suite("--base-url", url, "--ca-bundle", str(bundle), "-k", "preferred")
    assert "of an authority that is not trusted here" in line
    assert "name the authority by --ca-bundle FILE" in line
    assert trusted.code == 6
    assert "answered 404; is the path in --base-url right" in trusted.verdict[0]
