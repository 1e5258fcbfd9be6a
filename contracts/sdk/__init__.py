"""Run the API's official SDK on responses that were judged, and let it list resources.

Hides the SDK, its exceptions and its HTTP client. Hands out `sdk_words` and `discover`.
"""

from contracts.sdk.discovery import discover
from contracts.sdk.outcome import sdk_words
