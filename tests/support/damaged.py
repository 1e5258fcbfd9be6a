"""Answers that were damaged at random on their way: bytes flipped, cut, inserted or repeated."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from contracts.http.exchange import Exchange, Request, Response
from contracts.openapi import Document, Operation
from strategies.answers import covering_answers


def damaged(text: bytes, chance: Random) -> bytes:
    """Return the bytes with one to three places damaged."""
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(text) + 1)
        end = at + chance.randint(1, 8)
        match chance.randrange(5):
            case 0 if at < len(text):
                text = text[:at] + bytes([text[at] ^ (1 << chance.randrange(8))]) + text[at + 1 :]
            case 1:
                text = text[:at] + text[end:]
            case 2:
                text = text[:at]
            case 3:
                text = text[:at] + chance.randbytes(chance.randint(1, 8)) + text[at:]
            case _:
                text = text[:end] + text[at:end] * chance.randint(1, 3) + text[end:]
    return text


def half_damaged(document: Document, seed: int, count: int) -> Iterator[Exchange]:
    """Yield exchanges of the document's operations in turn, every second one with damage in its body or in a field."""
    chance = Random(seed)
    answers = [
        (operation, response)
        for operation in document.operations
        for spec in operation.responses
        for response in covering_answers(operation, spec.status)
    ]
    for number in range(count):
        operation, response = chance.choice(answers)
        yield _exchange(operation, _damaged(response, chance) if number % 2 else response)


def _damaged(response: Response, chance: Random) -> Response:
    headers = list(response.headers)
    if headers and chance.random() < 0.2:
        index = chance.randrange(len(headers))
        name, value = headers[index]
        broken = damaged(value.encode("latin-1"), chance).decode("latin-1")
        # A field of HTTP holds no line ends, and no white space around it (RFC 9112, section 5).
        headers[index] = name, broken.replace("\r", "").replace("\n", "").strip(" \t")
        return Response(response.status, tuple(headers), response.body)
    return Response(response.status, response.headers, damaged(response.body, chance))


def _exchange(operation: Operation, response: Response) -> Exchange:
    parameters = tuple((parameter.name, "x") for parameter in operation.parameters)
    return Exchange(operation, Request("http://self.test/", parameters), response)
