"""What a standard decoder reads of a written parameter is the value that was written."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote

from hypothesis import assume, given
from hypothesis import strategies as st

from contracts.openapi.parameter_styles import Style

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
LISTS = st.lists(TEXTS, max_size=4)
OBJECTS = st.dictionaries(TEXTS, TEXTS, max_size=4)
RESERVED = st.booleans()


@given(TEXTS, TEXTS.filter(bool), RESERVED)
def test_a_text_in_a_query_comes_back(value: str, name: str, reserved: bool) -> None:
    written = Style("form", True, allow_reserved=reserved).write(name, value)
    assert written is not None
    assert parse_qsl(written, keep_blank_values=True) == [(name, value)]


@given(LISTS, RESERVED)
def test_an_exploded_list_comes_back(value: list[str], reserved: bool) -> None:
    written = Style("form", True, allow_reserved=reserved).write("p", value)
    assume(written is not None)
    assert parse_qsl(str(written), keep_blank_values=True) == [("p", each) for each in value]


@given(LISTS, st.sampled_from([("form", ","), ("spaceDelimited", "%20"), ("pipeDelimited", "%7C")]), RESERVED)
def test_a_list_in_one_value_comes_back(value: list[str], style: tuple[str, str], reserved: bool) -> None:
    written = Style(style[0], False, allow_reserved=reserved).write("p", value)
    assume(written is not None)
    assert [unquote(part) for part in str(written).removeprefix("p=").split(style[1])] == value


@given(OBJECTS, RESERVED)
def test_an_exploded_object_comes_back(value: dict[str, str], reserved: bool) -> None:
    written = Style("form", True, allow_reserved=reserved).write("p", value)
    assume(written is not None)
    assert dict(parse_qsl(str(written), keep_blank_values=True)) == value


@given(OBJECTS)
def test_a_deep_object_comes_back(value: dict[str, str]) -> None:
    written = Style("deepObject", True).write("p", value)
    assume(written is not None)
    pairs = parse_qsl(str(written), keep_blank_values=True)
    assert {name.removeprefix("p[")[:-1]: text for name, text in pairs} == value


@given(LISTS, st.sampled_from([("simple", False, "", ","), ("label", True, ".", "."), ("matrix", True, ";p=", ";p=")]))
def test_a_decoded_list_in_a_path_comes_back(value: list[str], style: tuple[str, bool, str, str]) -> None:
    name, explode, first, between = style
    written = Style(name, explode, encoded=False).write("p", value)
    assume(written is not None)
    assert str(written).removeprefix(first).split(between) == value
