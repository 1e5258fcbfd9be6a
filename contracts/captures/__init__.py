"""Read answers that something else asked for: archives, `curl -i`, lines of JSON, bodies, our own reports.

Hides every format and how it is told by its content. Hands out `read_captures`, which yields `Capture` and `Unread`.
"""

from contracts.captures.capture import Capture, Unread
from contracts.captures.sources import Given, read_captures
