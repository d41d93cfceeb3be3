"""What is let go of unless told otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.errors import ConfigError
from watchkeeper.composition import history_retention, ledger_retention, position_retention
from watchkeeper.settings import load_settings


def test_unless_told_otherwise_only_where_guards_were_is_forgotten() -> None:
    settings = load_settings()
    assert (history_retention(settings), ledger_retention(settings)) == (None, None)
    assert position_retention(settings) == {"patrol_reader": timedelta(days=90)}
    assert position_retention(load_settings(position_retention_days=0)) == {}
    assert ledger_retention(load_settings(ledger_retention_days=1826)) == timedelta(days=1826)


@pytest.mark.parametrize("too_short", [{"ledger_retention_days": 29}, {"position_retention_days": -1}])
def test_a_retention_that_could_only_be_a_slip_is_refused(too_short: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        load_settings(**too_short)
