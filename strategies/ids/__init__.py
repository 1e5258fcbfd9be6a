"""Choose the ids to ask for: ordinary ones, near-misses of known ones, and texts that have broken servers.

Hides the classes of ids and which texts can be sent as a path segment. Hands out `job_ids`, `path_values` and
`resources`.
"""

from strategies.ids.job_ids import (
    covering_job_ids,
    covering_path_values,
    job_ids,
    made_up,
    parameter_values,
    path_values,
)
from strategies.ids.resources import resources, sendable
