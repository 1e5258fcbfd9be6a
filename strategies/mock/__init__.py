"""Serve a document's answers over HTTP, conforming or broken on request.

Hides sockets, the loop that serves them and `Prefer` fields. Hands out `mock_server` and the changes of its answers.
"""

from strategies.mock.answering import Asked, Change
from strategies.mock.cross_origin import cross_origin
from strategies.mock.faulty import breaking, named, named_with_rate
from strategies.mock.greeting import greeting
from strategies.mock.life import living
from strategies.mock.listing import listing
from strategies.mock.mocking import Known, mock_server, slow
from strategies.mock.own_answers import own_answers
from strategies.mock.server import log_nothing
