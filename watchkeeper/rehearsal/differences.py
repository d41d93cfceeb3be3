"""Differences: what is against what a script expects, a sentence each. Nothing that a script leaves out is compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


def differences(name: str, fields: Mapping[str, tuple[object, object]]) -> Iterator[str]:
    """A sentence for each field of (expected, found) that differs."""
    for field, (expected, found) in fields.items():
        if expected is not None and expected != found:
            yield f"{name}: {field} is {found}, expected {expected}"
