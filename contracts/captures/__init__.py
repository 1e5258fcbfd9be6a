"""Read answers that something else asked for: archives, `curl -i`, JSON by line or path, bodies, our own reports.

Hides every format and how it is recognised, and the responses of other libraries. Hands out `read_captures`,
which yields `Capture` and `Unread`, `capture_of` for one response, and the finder of the operation that was asked.
"""

from contracts.captures.capture import Capture, Pairs, Unread
from contracts.captures.finder import OperationFinder, path_of, without_secrets
from contracts.captures.foreign import capture_of
from contracts.captures.sources import Given, read_captures
