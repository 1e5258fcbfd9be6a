"""Serve a document's answers over HTTP, conforming or broken on request.

Hides sockets, the loop that serves them and `Prefer` fields. Hands out `mock_server` and the changes of its answers.
"""

from strategies.mock.answering import Change
from strategies.mock.faulty import breaking, named, named_with_rate
from strategies.mock.mocking import mock_server, slow
