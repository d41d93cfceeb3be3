"""Tests of the histories."""

import pytest

pytest.register_assert_rewrite("tests.contracts.history")
