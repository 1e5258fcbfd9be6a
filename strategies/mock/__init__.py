"""Serve a document's answers over HTTP, conforming or broken on request.

Hides sockets, threads and `Prefer` fields. Hands out `mock_server` and the changes of its answers.
"""

from strategies.mock.faulty import breaking, named
from strategies.mock.mocking import mock_server, slow
from strategies.mock.server import Change
