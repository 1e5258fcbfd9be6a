"""Faults in answers to ids that a router, gateway or firewall may refuse, and to no others.

Such an id excuses a refusal and nothing else: not a failure of the server, an answer that never comes, a malformed
head, or success for what does not exist.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from contracts.http import Failure, Response
from contracts.judge import ID_CLASSES, NOT_UTF8, compiled, id_classes
from contracts.openapi import Operation, Resource, refuses_unknown
from strategies.answers import covering_answers
from strategies.faults.message_faults import JSON_TYPE
from strategies.faults.mutations import AnswerContext, Fault, Mutation, fault


def strange_contexts(operation: Operation) -> Iterator[AnswerContext]:
    """Yield an answer to an id of each class that the parameters' schemas allow, if unknown ids are refused at all."""
    for spec in [spec for spec in operation.responses if not spec.is_success][:1]:
        for resource in _strange(operation).values():
            yield AnswerContext(operation, resource, False, 0, covering_answers(operation, spec.status)[0])


def refusal_faults(operation: Operation) -> Iterator[Fault]:
    """Yield the faults of answers to ids of one class alone."""
    granted = [spec.status for spec in operation.responses if spec.is_success][:1]
    for words in _strange(operation):
        behind = f"to an id with {words}"
        if operation.response_for(500) is None:
            yield _to(words, "status.server-error", f"500 {behind}", "status", lambda context: _PROBLEM)
        yield _to(words, "transport.timeout", behind, "transport", lambda context: _SILENCE)
        yield _to(words, "framing.head", f"400 {behind}", "head", lambda context: _REFUSAL)
        if granted and refuses_unknown(operation) and words != NOT_UTF8:  # JSON cannot repeat such an id.
            yield _to(words, "overlay.unknown-resource", behind, "status", partial(_granted, granted[0]))


def _granted(status: str, context: AnswerContext) -> Response | None:
    values = context.operation.bind(context.resource)
    is_text = NOT_UTF8 not in id_classes(context.resource)
    return covering_answers(context.operation, status, values)[0] if is_text else None


_SILENCE = Failure("timeout", "broken on purpose")
_PROBLEM = Response(500, (JSON_TYPE,), b'{"detail": "broken on purpose"}')
_HEAD = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nX-Broken : 1\r\nContent-Length: 1\r\n\r\n."
_REFUSAL = Response(400, (("Content-Type", "text/html"),), b".", _HEAD)


def _to(words: str, rule: str, name: str, place: str, broken: Mutation) -> Fault:
    def mutation(context: AnswerContext) -> Response | Failure | None:
        return broken(context) if not context.exists and words in id_classes(context.resource) else None

    return replace(fault(rule, name, place, mutation), id_class=words)


def _strange(operation: Operation) -> dict[str, Resource]:
    """Return an example of each class that every parameter's schema allows, by the class's words."""
    parameters = operation.parameters
    if not parameters or all(spec.is_success for spec in operation.responses):
        return {}
    is_valid = compiled(operation.document).is_valid
    allowed = (each for each in ID_CLASSES if all(is_valid(one.schema, each.example) for one in parameters))
    return {each.words: (each.example,) * len(parameters) for each in allowed}
