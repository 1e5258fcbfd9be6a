"""Build values of a schema: drawn by Hypothesis, or a small covering set that is the same each time.

Hides how schemas are taken apart, which choices are combined, and how other engines are made to read ECMA-262 patterns.
Hands out `from_schema`, `covering_set`, Walk and `walk_of`. Hypothesis is imported only when something is drawn.
"""

from strategies.values.build_plan import undeclared
from strategies.values.build_steps import Scalar, Values
from strategies.values.covering import covering_node, covering_set
from strategies.values.from_schema import any_texts, drawn_values, from_schema, matching_texts
from strategies.values.node import Node, Part, inline, pin, property_node, without
from strategies.values.patterns import ecma_validator, is_readable, with_portable_patterns
from strategies.values.scalars import JSON, Fits, Number, Text, of_length
from strategies.values.schemas import Schemas, Unsatisfiable, put
from strategies.values.walk import Walk, walk_of
