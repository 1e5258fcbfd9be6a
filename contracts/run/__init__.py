"""Carry out one run, from settings to exit code.

Hides signals, worker processes, the ledger, shards and what a verdict is written to. Hands out Run, its settings, and
what its drivers say to it.
"""

from contracts.run.captured import CapturedAnswers
from contracts.run.collector import Ending, ItemResult
from contracts.run.handed_in import Item
from contracts.run.known_ids import check_ids, ids_in, is_allowed, listed_ids, resources_of
from contracts.run.ledger import ledger_lines, seen_features
from contracts.run.profiles import PROFILES
from contracts.run.progress import ProgressMeter
from contracts.run.replay import replay_findings, replay_settings, report_replay
from contracts.run.run import EXIT_FAILED, BrokenPromise, Run
from contracts.run.settings import Settings, is_on, new_file, read_settings
from contracts.run.shards import MergedShards, read_shard
from contracts.run.signals import Signals
from contracts.run.workers import RunFolder
