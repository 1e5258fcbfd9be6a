"""Derive strategies from an OpenAPI document: the requests to ask its operations, and every answer that it promises.

Another team's tests may use them with any document. Hypothesis is imported when the first strategy is made.

    from contracts.openapi import load
    from hypothesis import given
    from strategies import answers, covering_answers

    operation = load().operations[0]

    @given(answers(operation, status=200))
    def test_our_client_reads_every_answer(response):
        our_client.parse(response.body)

    @pytest.mark.parametrize("response", covering_answers(operation, 200))
    def test_our_client_reads_each_kind_of_answer(response):
        our_client.parse(response.body)
"""

from strategies.answers import answers, catalogue, covering_answers
from strategies.ids import covering_job_ids, job_ids, parameter_values, path_values
from strategies.values import covering_set, from_schema

__all__ = [
    "answers",
    "catalogue",
    "covering_answers",
    "covering_job_ids",
    "covering_set",
    "from_schema",
    "job_ids",
    "parameter_values",
    "path_values",
]
