"""Report a verdict, or an audit, in every format, and word it for people. Nothing here decides anything.

Hides formats, wording and how a file is written whole. Hands out `write_reports`, the terminal's lines, the recorder of
exchanges and the comparison with an earlier report.
"""

from contracts.reports.audit_files import audit_json, write_audit, write_corrections
from contracts.reports.audit_text import audit_headline, audit_lines, audit_markdown
from contracts.reports.change_reports import change_lines, github_changes, write_diff
from contracts.reports.comparison import Comparison, compare, read_report, reported_features
from contracts.reports.coverage_words import coverage_line
from contracts.reports.files import ReportErrors, atomically, write_replay, write_reports
from contracts.reports.github import audit_commands, github_commands
from contracts.reports.junit import Promises
from contracts.reports.left_out_words import left_out_lines
from contracts.reports.messages import violation_line, visible
from contracts.reports.recorder import EXCHANGES, Recorder
from contracts.reports.replay_words import nothing_to_replay, replay_headline, replay_lines
from contracts.reports.reported_run import read_reported_run
from contracts.reports.terminal import listing, terminal_lines
from contracts.reports.verdict_words import headline, refused_line
