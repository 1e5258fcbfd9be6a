"""Strategies derived from an OpenAPI document: what can be asked of it, and every answer that it promises.

For another team's tests, with whatever document:

    from contracts.document import load
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
from strategies.covering import covering_set
from strategies.from_schema import from_schema
from strategies.job_ids import covering_job_ids, job_ids, parameter_values, path_values

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
