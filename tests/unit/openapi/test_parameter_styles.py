"""Values of parameters as OpenAPI's table of styles and RFC 6570 have them."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.openapi import Parameter, inputs_of
from contracts.openapi.parameter_styles import Style

LIST = ["blue", "black", "brown"]
OBJECT = {"R": 100, "G": 200, "B": 150}


@pytest.mark.parametrize(
    ("style", "explode", "empty", "text", "array", "mapping"),
    [
        ("matrix", False, ";color", ";color=blue", ";color=blue,black,brown", ";color=R,100,G,200,B,150"),
        ("matrix", True, ";color", ";color=blue", ";color=blue;color=black;color=brown", ";R=100;G=200;B=150"),
        ("label", False, ".", ".blue", ".blue,black,brown", ".R,100,G,200,B,150"),
        ("label", True, ".", ".blue", ".blue.black.brown", ".R=100.G=200.B=150"),
        ("simple", False, "", "blue", "blue,black,brown", "R,100,G,200,B,150"),
        ("simple", True, "", "blue", "blue,black,brown", "R=100,G=200,B=150"),
        ("form", False, "color=", "color=blue", "color=blue,black,brown", "color=R,100,G,200,B,150"),
        ("form", True, "color=", "color=blue", "color=blue&color=black&color=brown", "R=100&G=200&B=150"),
        ("spaceDelimited", False, None, None, "color=blue%20black%20brown", "color=R%20100%20G%20200%20B%20150"),
        ("pipeDelimited", False, None, None, "color=blue%7Cblack%7Cbrown", "color=R%7C100%7CG%7C200%7CB%7C150"),
        ("deepObject", True, None, None, None, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
        ("cookie", True, "color=", "color=blue", "color=blue; color=black; color=brown", "R=100; G=200; B=150"),
    ],
)
def test_a_value_is_written_as_the_specification_shows(
    style: str, explode: bool, empty: str | None, text: str | None, array: str | None, mapping: str | None
) -> None:
    written = [Style(style, explode).write("color", value) for value in ("", "blue", LIST, OBJECT)]
    assert written == [empty, text, array, mapping]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("Hello World!", "q=Hello%20World%21"),  # RFC 6570, section 3.2.1, in form style
        ("a&b=c", "q=a%26b%3Dc"),
        (True, "q=true"),
        (None, "q=null"),
        (1.5, "q=1.5"),
        (["a,b", "c"], "q=a%2Cb&q=c"),
    ],
)
def test_what_separates_is_encoded_inside_a_value(value: Any, written: str) -> None:
    assert Style("form", True).write("q", value) == written


def test_reserved_characters_stay_where_the_document_allows_them() -> None:
    assert Style("form", True, allow_reserved=True).write("q", "/a?b,c&d#e") == "q=/a?b,c%26d%23e"


@pytest.mark.parametrize("value", [[], {}, [[1]], {"a": {}}, ["", "a"], "\ud800"])
@pytest.mark.parametrize("style", ["simple", "label", "matrix", "form", "cookie"])
def test_what_nobody_could_read_back_is_not_written(style: str, value: Any) -> None:
    assert Style(style, False).write("q", value) is None


@pytest.mark.parametrize(
    ("place", "style", "value"),
    [
        ("header", "simple", "a\r\nX-Evil: 1"),
        ("header", "simple", ["a,b"]),
        ("header", "simple", " a"),
        ("header", "simple", "ä"),
        ("cookie", "cookie", "a; b=1"),
        ("path", "simple", ["a,b"]),
        ("path", "label", "a.b"),
        ("path", "matrix", "a;b"),
        ("query", "pipeDelimited", ["a|b"]),
        ("query", "spaceDelimited", ["a b"]),
    ],
)
def test_a_value_that_its_place_cannot_carry_is_not_written(place: str, style: str, value: Any) -> None:
    assert Parameter("p", "", place, style).write(value) is None


def test_content_is_sent_as_json_text() -> None:
    assert Parameter("p", "", "query", "form", is_json=True).write({"a": [1]}) == "p=%7B%22a%22%3A%20%5B1%5D%7D"
    assert Parameter("p", "", "path", is_json=True).write(5) == "5"
    assert Parameter("X-P", "", "header", is_json=True).write({"a": [1]}) == '{"a": [1]}'


def test_cookies_of_several_parameters_are_one_field() -> None:
    one, two = Parameter("a", "", "cookie", "form"), Parameter("b", "", "cookie", "form")
    head, query = Parameter("X-A", "", "header"), Parameter("q", "", "query", "form")
    found = inputs_of([(one, "a=1"), (head, "x"), (two, "b=2"), (query, "q=1"), (query, "r=2")])
    assert (found.query, found.fields) == ("q=1&r=2", (("X-A", "x"), ("Cookie", "a=1; b=2")))
