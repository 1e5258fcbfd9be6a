"""Find the features that a document promises, those that one response shows, and those that a run must have seen.

Hides how schemas are compiled and walked. Hands out Feature, `promised_features`, `features_of` and requirements.
"""

from contracts.coverage.class_reads import CLASS_KINDS, ENOUGH_READS, ClassReads
from contracts.coverage.features import Feature, ObservedFeatures, features_of, promised_features
from contracts.coverage.requirements import Requirement, Unmet, parse_requirement, unmet_requirements
from contracts.coverage.traces import Trace, trace_of, tracer_of
