"""Throttling of sign-in, at instants handed in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api.throttle import MOST_KEYS, PER_ACCOUNT, PER_ACCOUNT_AND_ADDRESS, PER_ADDRESS, WINDOW, Throttle, Throttled
from tests.api.property import START


def test_a_stranger_does_not_lock_a_person_out() -> None:
    throttle = Throttle()
    for _ in range(PER_ACCOUNT_AND_ADDRESS):
        throttle.attempt("chen", "10.0.0.66", START)
    with pytest.raises(Throttled):
        throttle.attempt("chen", "10.0.0.66", START)
    throttle.attempt("chen", "10.0.0.1", START)


def test_one_address_cannot_try_many_names() -> None:
    throttle = Throttle()
    for number in range(PER_ADDRESS):
        throttle.attempt(f"person-{number}", "10.0.0.66", START)
    with pytest.raises(Throttled):
        throttle.attempt("another", "10.0.0.66", START)


def test_many_addresses_cannot_try_one_name_without_end() -> None:
    throttle = Throttle()
    for number in range(PER_ACCOUNT):
        throttle.attempt("chen", f"10.0.0.{number}", START)
    with pytest.raises(Throttled):
        throttle.attempt("chen", "10.0.1.1", START)


def test_success_is_not_a_failure() -> None:
    throttle = Throttle()
    for _ in range(10 * PER_ACCOUNT):
        throttle.attempt("chen", "10.0.0.1", START)
        throttle.succeeded("chen", "10.0.0.1")
    throttle.attempt("chen", "10.0.0.1", START)


def test_the_wait_is_as_long_as_it_takes() -> None:
    throttle = Throttle()
    for second in range(PER_ACCOUNT_AND_ADDRESS):
        throttle.attempt("chen", "10.0.0.66", START + timedelta(seconds=second))
    now = START + timedelta(seconds=60)
    with pytest.raises(Throttled) as refused:
        throttle.attempt("chen", "10.0.0.66", now)
    assert refused.value.wait == WINDOW - timedelta(seconds=60)
    throttle.attempt("chen", "10.0.0.66", now + refused.value.wait)


def test_memory_is_bounded() -> None:
    throttle = Throttle()
    for number in range(MOST_KEYS):
        throttle.attempt(f"person-{number}", f"2001:db8::{number:x}", START)
    assert len(throttle._attempts) <= MOST_KEYS
