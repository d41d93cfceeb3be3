"""The property that tests of the API look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from adapters.clock import ManualClock
from api import passwords
from domain.people import Role
from tests.api.property import START, Property, TestClient, new_ledger


@pytest.fixture(autouse=True, scope="package")
def quick_passwords() -> Iterator[None]:
    """Argon2 with the least of everything: what is tested is who gets in, not how long a guess takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        passwords._nobodys_hash.cache_clear()
        yield
    passwords._nobodys_hash.cache_clear()


@pytest.fixture
def property_(tmp_path: Path) -> Iterator[Property]:
    """Two sites with three elevators each, watched, without history."""
    ledger = new_ledger(tmp_path)
    furnished = Property(ledger, ManualClock(START))
    furnished.furnish()
    yield furnished
    ledger.close()


@pytest.fixture
def operator(property_: Property) -> Iterator[TestClient]:
    """A client with an operator's token that reaches all sites."""
    with property_.client(Role.OPERATOR) as client:
        yield client


@pytest.fixture
def manager(property_: Property) -> Iterator[TestClient]:
    """A client with a manager's token that reaches all sites."""
    with property_.client(Role.MANAGER) as client:
        yield client
