"""Audit documents as `contract audit` does, without printing anything."""

from __future__ import annotations

from pathlib import Path

from contracts.audit import Audit, audit
from contracts.openapi import Document, load
from strategies import witnesses


def audited(document: Document, *overlays: Path, closed: bool = False) -> Audit:
    """The audit of a document that was read with these overlays."""
    return audit(document, witnesses, overlays, closed=closed)


def audited_file(path: Path, *overlays: Path, closed: bool = False) -> Audit:
    return audited(load(path, overlays), *overlays, closed=closed)


def rules_of(found: Audit) -> set[str]:
    return {finding.rule for finding in (*found.findings, *found.notes)}
