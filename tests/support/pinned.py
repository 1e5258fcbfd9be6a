"""The pinned document with its overlay, read once by each process, and the resources that its mock knows."""

from __future__ import annotations

from contracts.openapi import load
from contracts.openapi.overlay import PINNED_OVERLAY
from strategies.answers import catalogue

DOCUMENT = load(overlays=[PINNED_OVERLAY])
(OPERATION,) = DOCUMENT.operations
(PARAMETER,) = [parameter.name for parameter in OPERATION.parameters]
CATALOGUE = catalogue(OPERATION)
RESOURCES = list(CATALOGUE)
KNOWN = [job_id for (job_id,) in RESOURCES]
IDS = [word for job_id in KNOWN for word in ("--job-id", job_id)]
"""Options that name every known job."""
