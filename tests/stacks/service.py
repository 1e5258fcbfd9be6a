"""The service of every stack: one operation that answers from a file, and knows nothing of the framework around it.

The file named by JOBS holds the body of each id that exists, and the body for all others.
"""

import json
import os
from pathlib import Path
from typing import Any

PATH = "/v4/fine-tuning-jobs/"


def answer(job_id: str) -> tuple[int, Any]:
    """Return the status and the body for an id as the framework decoded it."""
    jobs = json.loads(Path(os.environ["JOBS"]).read_text("utf-8"))
    return (200, jobs["known"][job_id]) if job_id in jobs["known"] else (422, jobs["unknown"])
