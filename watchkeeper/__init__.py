"""Composition: settings, the parts put together, roles, the supervisor and the command line.

Promises: this is the only package that knows every other one. Leaves to others: everything that it composes.
"""

__version__ = "0.1.0"
