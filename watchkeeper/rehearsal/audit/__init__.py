"""Audit: what must hold after every step of a rehearsal, whatever happened.

One file for each thing that is watched: alarms and their orders (`alarms`), who is called (`calls`), what leaves
(`letters`), what hides an alarm (`standing`), rounds (`rounds`). `chain` follows the events for all of them.
"""

from watchkeeper.rehearsal.audit.broken import LATEST, Broken
from watchkeeper.rehearsal.audit.chain import Audit

__all__ = ["LATEST", "Audit", "Broken"]
