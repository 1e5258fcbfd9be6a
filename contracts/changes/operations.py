"""Compare the operations of two documents: paths, parameters, statuses, media types, header fields and bodies.

Hides which operations and responses belong together. Paths match whatever their parameters are called; a status is
described by its code, its class or `default`, in each document by itself.
"""

import functools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from contracts.changes.change import Change, Classification, Direction, Witness, classify
from contracts.changes.promises import promise_changes
from contracts.changes.prover import Pair, Prover
from contracts.changes.witnesses import Judge, Judged, judge_answers, judge_response, judge_values
from contracts.http import Response
from contracts.judge import is_judged_text
from contracts.openapi import (
    TEMPLATE,
    Document,
    Header,
    Operation,
    Parameter,
    ResponseSpec,
    follow_references,
    parse_media_type,
    sample_type,
    text_of,
    to_pointer,
)
from contracts.rules import CHANGE_KINDS

KNOWN_CLASSES: Final = ("3", "4", "5")
"""Classes of statuses that a client treats as `x00` where it does not know the code (RFC 9110, section 15)."""


class OperationComparison:
    """Compares one operation of both documents."""

    def __init__(self, prover: Prover, old: Operation, new: Operation) -> None:
        self._prover = prover
        self._old, self._new = old, new
        self.not_compared: list[str] = []
        """What was left out of one document alone and not said by it, in words."""

    def changes(self) -> Iterator[Change]:
        """Yield every change, parameters first."""
        yield from self._parameters()
        for status in dict.fromkeys(spec.status for each in (self._old, self._new) for spec in each.responses):
            yield from self._status(status)
        yield from promise_changes(self._prover, self._old, self._new)

    def _change(
        self, kind: str, place: str, *, grows: bool | None = False, shrinks: bool | None = False, **more: Any
    ) -> Change:
        direction = more.pop("direction", Direction.ANSWERS)
        old, new = more.pop("old", ""), more.pop("new", "")
        meaning, may_break = classify(direction, kind, grows=grows, shrinks=shrinks)
        return Change(
            kind, meaning, direction, self._old.path, place, may_break=may_break,
            old=self._prover.spot(old, new=False), new=self._prover.spot(new, new=True), **more,
        )  # fmt: skip

    @property
    def _both(self) -> tuple[Operation, Operation]:
        return self._old, self._new

    # Requests.

    def _parameters(self) -> Iterator[Change]:
        for ours, theirs in zip(self._old.parameters, self._new.parameters, strict=True):
            if ours.name != theirs.name:
                yield replace(
                    self._change("renamed", f"path {ours.name}", direction=Direction.REQUESTS, old=ours.pointer,
                    new=theirs.pointer, before=text_of(ours.name), after=text_of(theirs.name)),
                    classification=Classification.EQUIVALENT,
                )  # fmt: skip
            yield from self._parameter(ours, theirs)
        old = {(each.place, each.name): each for each in self._old.other_parameters}
        new = {(each.place, each.name): each for each in self._new.other_parameters}
        for key in dict.fromkeys((*old, *new)):
            if key in old and key in new:
                yield from self._parameter(old[key], new[key])
            elif _declares(self._old if key in new else self._new, key):
                self.not_compared.append(f"{self._old} {key[0]} {key[1]}: one document has a schema that is not judged")
            elif key in new:
                yield self._one_sided(new[key], is_new=True)
            else:
                yield self._one_sided(old[key], is_new=False)

    def _one_sided(self, parameter: Parameter, *, is_new: bool) -> Change:
        """Return the change of a parameter that one document has."""
        place = f"{parameter.place} {parameter.name}"
        common: dict[str, Any] = {"direction": Direction.REQUESTS}
        if not is_new:
            asked = f"with {place}"
            witness = Witness(False, None, (), asked=asked)
            return self._change(
                "parameter-removed", place, shrinks=True, old=parameter.pointer, witness=witness, **common
            )
        if parameter.required:
            witness = Witness(False, None, (), asked=f"without {place}")
            return self._change("parameter-required", place, shrinks=True, new=parameter.pointer, witness=witness,
                                before="not taken", after="required", **common)  # fmt: skip
        witness = Witness(True, None, (), asked=f"with {place}")
        return self._change("parameter-added", place, grows=True, new=parameter.pointer, witness=witness, **common)

    def _parameter(self, ours: Parameter, theirs: Parameter) -> Iterator[Change]:
        place = f"{ours.place} {ours.name}"
        common: dict[str, Any] = {"direction": Direction.REQUESTS, "old": ours.pointer, "new": theirs.pointer}
        if ours.required != theirs.required:
            kind = "parameter-required" if theirs.required else "parameter-optional"
            witness = Witness(not theirs.required, None, (), asked=f"without {place}")
            words = [("optional", "required")[each.required] for each in (ours, theirs)]
            yield self._change(kind, place, grows=ours.required, shrinks=theirs.required, witness=witness,
                               before=words[0], after=words[1], **common)  # fmt: skip
        styles = [(each.style, each.explode, each.is_json) for each in (ours, theirs)]
        if styles[0] != styles[1] and (ours.is_composite or theirs.is_composite or ours.is_json != theirs.is_json):
            texts = [text_of({"style": style, "explode": explode, "json": json}) for style, explode, json in styles]
            witness = Witness(False, None, (), asked=f"with {place} written as before")
            yield self._change("parameter-style", place, grows=True, shrinks=True, witness=witness,
                               before=texts[0], after=texts[1], **common)  # fmt: skip
        pair = Pair(Direction.REQUESTS, self._old.path, "", "", place, ours.schema, theirs.schema)
        documents = self._old.document, self._new.document
        judge = judge_values((documents[0], ours.schema), (documents[1], theirs.schema), place)
        yield from self._prover.changes(pair, judge)

    # Answers.

    def _status(self, status: str) -> Iterator[Change]:
        ours, theirs = _spec_for(self._old, status), _spec_for(self._new, status)
        if ours is None and theirs is not None:
            kind = "error-added" if status[0] in KNOWN_CLASSES or status == "default" else "status-added"
            yield self._existence(kind, status, theirs, by_new=True)
        elif ours is not None and theirs is None:
            yield self._existence("status-removed", status, ours, by_new=False)
        elif ours is not None and theirs is not None:
            code = self._code(status, ours, theirs)
            yield from self._content(status, code, ours, theirs)
            yield from self._headers(status, code, ours, theirs)

    def _existence(self, kind: str, status: str, spec: ResponseSpec, *, by_new: bool) -> Change:
        response = self._answer(spec, self._code(status, spec, spec), by_new=by_new)
        witness = self._judged(response, by_new=by_new)
        pointers = {"new" if by_new else "old": spec.pointer}
        claim = True if witness else None
        return self._change(kind, "status", status=status, witness=witness, grows=by_new and claim,
                            shrinks=not by_new and claim, reason=_unproved(witness), **pointers)  # fmt: skip

    def _judged(self, response: Response, *, by_new: bool) -> Witness | None:
        judged = judge_response(self._old, self._new, response, by_new=by_new)
        return None if judged.admitting or not judged.refusing else Witness(by_new, response, judged.refusing)

    def _answer(self, spec: ResponseSpec, code: int, key: str | None = None, *, by_new: bool) -> Response:
        """Return an answer of the status, of the media type `key` or else of the first one."""
        operation = self._new if by_new else self._old
        fields = [*self._prover.generator.header_fields(operation, spec.status)]
        key = next(iter(spec.content), None) if key is None else key
        if key is None:
            return Response(code, tuple(fields), b"")
        sent = sample_type(spec.content, key)
        name = key if parse_media_type(key) == sent or sent is None else sent.name
        pointer = spec.content[key]
        schema = {"$ref": pointer} if pointer else {}
        value = (
            next(iter(self._prover.generator.values(operation.document, schema, 1)), "sample") if pointer else "sample"
        )
        is_json = bool(sent and sent.is_json)
        body = text_of(value) if is_json else str(value) or "sample"
        return Response(code, (("Content-Type", name), *fields), body.encode())

    def _code(self, status: str, ours: ResponseSpec, theirs: ResponseSpec) -> int:
        """Return a code that both documents describe by these responses, or else the first of its class."""
        if status.isdigit():
            return int(status)
        codes = range(int(status[0]) * 100, int(status[0]) * 100 + 100) if status != "default" else range(599, 99, -1)
        fitting = (code for code in codes if self._old.response_for(code) in (ours, theirs)
                   and self._new.response_for(code) in (ours, theirs))  # fmt: skip
        return next(fitting, codes[0])

    def _content(self, status: str, code: int, ours: ResponseSpec, theirs: ResponseSpec) -> Iterator[Change]:
        old, new = _by_type(ours), _by_type(theirs)
        for name in dict.fromkeys((*old, *new)):
            if name in old and name in new:
                yield from self._body(status, code, (ours, old[name]), (theirs, new[name]))
            elif name in new:
                kind = "body-added" if not old else "media-type-added" if {*old} & {*new} else "media-type-replaced"
                yield self._media_type(kind, status, code, theirs, new[name], by_new=True)
            elif not new:
                yield from self._no_body(status, code, ours, theirs)
            else:
                yield self._media_type("media-type-removed", status, code, ours, old[name], by_new=False)

    def _no_body(self, status: str, code: int, ours: ResponseSpec, theirs: ResponseSpec) -> Iterator[Change]:
        witness = self._judged(self._answer(theirs, code, by_new=True), by_new=True)
        yield self._change("body-removed", "body", status=status, grows=True if witness else None, witness=witness,
                           reason=_unproved(witness), old=ours.pointer, new=theirs.pointer)  # fmt: skip

    def _media_type(self, kind: str, status: str, code: int, spec: ResponseSpec, key: str, *, by_new: bool) -> Change:
        witness = self._judged(self._answer(spec, code, key, by_new=by_new), by_new=by_new)
        claim = True if witness else None
        pointers = {"new" if by_new else "old": spec.content[key] or spec.pointer}
        # Who accepts a type alone asks for what is no longer there.
        direction = Direction.ANSWERS if by_new else Direction.REQUESTS
        return self._change(kind, "header Content-Type", status=status, media_type=key, witness=witness,
                            direction=direction, grows=by_new and claim, shrinks=not by_new and claim,
                            reason=_unproved(witness), **pointers)  # fmt: skip

    def _body(
        self, status: str, code: int, ours: tuple[ResponseSpec, str], theirs: tuple[ResponseSpec, str]
    ) -> Iterator[Change]:
        specs, keys = (ours[0], theirs[0]), (ours[1], theirs[1])
        pointers = [spec.content[key] or "" for spec, key in (ours, theirs)]
        sent = sample_type(specs[1].content, keys[1])
        documents = self._old.document, self._new.document
        texts = [
            bool(sent and pointer and is_judged_text(document, pointer, sent))
            for document, pointer in zip(documents, pointers, strict=True)
        ]
        if sent is None or not (sent.is_json or all(texts)):
            return  # Bodies of this type are not judged.
        if any(
            _is_left_out(each, f"{spec.status} {key}")
            for each, (spec, key) in zip(self._both, (ours, theirs), strict=True)
        ):
            return
        pair = Pair(Direction.ANSWERS, self._old.path, status, keys[1], "body", pointers[0], pointers[1])
        yield from self._prover.changes(pair, self._body_judge(code, keys, sent.is_json))

    def _body_judge(self, code: int, keys: tuple[str, str], is_json: bool) -> Judge:
        fields = []
        for operation, key in ((self._old, keys[0]), (self._new, keys[1])):
            spec = operation.response_for(code)
            required = self._prover.generator.header_fields(operation, spec.status) if spec else ()
            sent = sample_type(spec.content, key) if spec else None
            name = key if sent is None or parse_media_type(key) == sent else sent.name
            fields.append([("Content-Type", name), *required])
        return judge_answers(self._old, self._new, code, fields, as_json=is_json)

    def _headers(self, status: str, code: int, ours: ResponseSpec, theirs: ResponseSpec) -> Iterator[Change]:
        old = {each.name.lower(): each for each in ours.headers}
        new = {each.name.lower(): each for each in theirs.headers}
        for name in dict.fromkeys((*old, *new)):
            yield from self._header(status, code, old.get(name), new.get(name), (ours, theirs))

    def _header(
        self,
        status: str,
        code: int,
        ours: Header | None,
        theirs: Header | None,
        specs: tuple[ResponseSpec, ResponseSpec],
    ) -> Iterator[Change]:
        header = theirs or ours
        assert header is not None
        place = f"header {header.name}"
        was, now = bool(ours and ours.required), bool(theirs and theirs.required)
        pointers: dict[str, Any] = {"old": ours.pointer if ours else "", "new": theirs.pointer if theirs else ""}
        if was != now:
            whole = self._answer(specs[was], code, by_new=was)
            without = replace(
                whole, headers=tuple(each for each in whole.headers if each[0].lower() != header.name.lower())
            )
            witness = self._judged(without, by_new=was)
            claim = True if witness else None
            kind = "header-optional" if was else "header-required"
            yield self._change(kind, place, grows=was and claim, shrinks=now and claim, status=status, witness=witness,
                               reason=_unproved(witness), **pointers)  # fmt: skip
        if any(
            _is_left_out(*each) for each in zip(self._both, [f"{spec.status} {place}" for spec in specs], strict=True)
        ):
            return
        schemas = [each.schema or "" if each else "" for each in (ours, theirs)]
        pair = Pair(Direction.ANSWERS, self._old.path, status, "", place, schemas[0], schemas[1])
        for change in self._prover.changes(pair, self._header_judge(code, header.name, specs)):
            kind = "header-added" if ours is None else "header-removed" if theirs is None else change.kind
            silent = CHANGE_KINDS[kind].silent and change.classification == Classification.BREAKING
            meaning = Classification.WIDENING if silent else change.classification
            yield replace(change, kind=kind, classification=meaning)
        if (ours is None or theirs is None) and not any(schemas) and was == now:
            kind = "header-added" if ours is None else "header-removed"
            made = self._change(kind, place, status=status, **pointers)
            yield replace(made, classification=Classification.EQUIVALENT)

    def _header_judge(self, code: int, name: str, specs: tuple[ResponseSpec, ResponseSpec]) -> Judge:
        whole = functools.cache(lambda new: self._answer(specs[new], code, by_new=new))

        def judged(value: Any, by_new: bool, *, quick: bool = False) -> Judged:
            text = (
                value
                if isinstance(value, str)
                else ",".join(map(str, value))
                if isinstance(value, list)
                else text_of(value)
            )
            others = tuple(each for each in whole(by_new).headers if each[0].lower() != name.lower())
            response = replace(whole(by_new), headers=(*others, (name, text)))
            return judge_response(self._old, self._new, response, by_new=by_new, quick=quick)

        return judged


def matched(old: Document, new: Document) -> Iterator[tuple[Operation | None, Operation | None]]:
    """Yield the operations of both documents in pairs, in OLD's order, then those that NEW alone has."""
    theirs = {_shape(each.path): each for each in new.operations}
    for each in old.operations:
        yield each, theirs.pop(_shape(each.path), None)
    yield from ((None, each) for each in theirs.values())


def _is_left_out(operation: Operation, part: str) -> bool:
    """Return whether a part of the operation could not be judged."""
    return any(each.path == operation.path and each.part == part for each in operation.document.left_out)


def _declares(operation: Operation, key: tuple[str, str]) -> bool:
    """Return whether the document describes the parameter of this place and name, although requests leave it out."""
    document = operation.document
    for holder in (operation.pointer, operation.pointer.rpartition("/")[0]):
        node = document.schema(holder)
        for index in range(len(node.get("parameters", ())) if isinstance(node, dict) else 0):
            _, raw = follow_references(document.contents, holder + to_pointer("parameters", index))
            if isinstance(raw, dict) and (raw.get("in"), raw.get("name")) == key:
                return True
    return False


def _shape(path: str) -> str:
    """Return the path with its parameters unnamed: clients see no names."""
    return TEMPLATE.sub("{}", path)


def _spec_for(operation: Operation, status: str) -> ResponseSpec | None:
    by_status = {spec.status: spec for spec in operation.responses}
    return by_status.get(status) or by_status.get(f"{status[0]}XX") or by_status.get("default")


def _by_type(spec: ResponseSpec) -> dict[str, str]:
    """Return the keys of the spec's content by the media type that each names."""
    return {_name(key): key for key in spec.content}


def _name(key: str) -> str:
    parsed = parse_media_type(key)
    return text_of([parsed.name, sorted(parsed.values)]) if parsed else key


def _unproved(witness: Witness | None) -> str:
    return "" if witness else "no answer was found that one document admits and the other refuses"
