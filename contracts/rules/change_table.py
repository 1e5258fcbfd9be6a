"""The kinds of changes between two documents: code and meaning of each.

A kind's code is never renamed; with OF_CHANGES before it, it stands in waivers and reports as rules do.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, order=True)
class ChangeKind:
    """A kind of change: its code, which is never renamed, and its meaning in one line.

    With `silent`, NEW admits more only where it describes nothing any more, or where HTTP tells clients what to do.
    """

    code: str
    meaning: str
    silent: bool = False


OF_CHANGES: Final = "change."
"""How the rule of a waiver, and of a report's result, begins that is about a change."""

_KINDS: Final = (
    ChangeKind("operation-added", "a path can be read that could not be", silent=True),
    ChangeKind("operation-removed", "a path can no longer be read"),
    ChangeKind("status-added", "a status may come that was not described"),
    ChangeKind("error-added", "a status may come that was not described, of a class that clients know", silent=True),
    ChangeKind("status-removed", "a status is no longer described"),
    ChangeKind("media-type-added", "a body may be of another media type, for those who accept it", silent=True),
    ChangeKind("media-type-replaced", "a body is of another media type, and none that was described is left"),
    ChangeKind("media-type-removed", "a media type is no longer described"),
    ChangeKind("body-added", "a body may come where none was described", silent=True),
    ChangeKind("body-removed", "no body comes any more"),
    ChangeKind("header-added", "a header field is described that was not"),
    ChangeKind("header-removed", "a header field that need not come is no longer described", silent=True),
    ChangeKind("header-required", "a header field always comes"),
    ChangeKind("header-optional", "a header field need not come any more"),
    ChangeKind("parameter-added", "a parameter is taken that was not, and need not be sent", silent=True),
    ChangeKind("parameter-removed", "a parameter is no longer taken"),
    ChangeKind("parameter-required", "a parameter must be sent"),
    ChangeKind("parameter-optional", "a parameter need not be sent any more"),
    ChangeKind("parameter-style", "a parameter is written in another way"),
    ChangeKind("security-required", "credentials must be sent that need not be"),
    ChangeKind("security-optional", "credentials need not be sent any more, or other ones may be"),
    ChangeKind("servers", "requests go to other servers"),
    ChangeKind("promise-added", "an overlay promises more"),
    ChangeKind("promise-removed", "an overlay's promise is gone"),
    ChangeKind("required", "a property is always there"),
    ChangeKind("optional", "a property need not be there any more"),
    ChangeKind("property-added", "a property is described that was not"),
    ChangeKind("property-removed", "a property that need not be there is no longer described", silent=True),
    ChangeKind("named-properties", "what properties of certain names may hold is different"),
    ChangeKind("opened", "properties that are not described are allowed"),
    ChangeKind("closed", "properties that are not described are ruled out"),
    ChangeKind("type", "the value is of other types"),
    ChangeKind("values", "the value is one of a list, or no longer"),
    ChangeKind("value-added", "the value may be another one of the list"),
    ChangeKind("value-removed", "the value is no longer one of the list"),
    ChangeKind("range", "the number has other limits"),
    ChangeKind("multiple", "the number is a multiple of something else"),
    ChangeKind("length", "the text has other lengths"),
    ChangeKind("pattern", "the text matches another pattern"),
    ChangeKind("format", "the text or number has another format"),
    ChangeKind("item-count", "the array has other lengths"),
    ChangeKind("unique-items", "items may be repeated, or not any more"),
    ChangeKind("contains", "the array contains other items"),
    ChangeKind("property-count", "the object has another number of properties"),
    ChangeKind("property-names", "properties have other names"),
    ChangeKind("dependent", "a property depends on others in another way"),
    ChangeKind("not", "other values are ruled out"),
    ChangeKind("condition", "a condition on the value is different"),
    ChangeKind("alternatives", "the value is one of other alternatives"),
    ChangeKind("alternative-added", "the value may be another alternative"),
    ChangeKind("alternative-removed", "the value is no longer an alternative"),
    ChangeKind("branch-added", "the union has another branch, which its tag names"),
    ChangeKind("branch-removed", "a branch of the union is gone"),
    ChangeKind("tag-added", "another value of the tag names a branch"),
    ChangeKind("tag-removed", "a value of the tag names no branch any more"),
    ChangeKind("tag-value", "a branch is named by another value of the tag"),
    ChangeKind("tag-name", "another property tells the branches apart"),
    ChangeKind("tags", "a tag tells the branches apart, or no longer"),
    ChangeKind("mapping-moved", "a value of the tag names another branch than it did"),
    ChangeKind("schema", "the value is described otherwise"),
    ChangeKind("renamed", "a component or path parameter has another name"),
    ChangeKind("annotation", "what a document says beside its promises is different"),
    ChangeKind("rewritten", "the same is said in other words"),
)

CHANGE_KINDS: Final = {kind.code: kind for kind in _KINDS}
"""Every kind of change by its code."""
