"""The OpenAPI document: current, usable for a generated client, and kept by what the app really answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from adapters.clock import ManualClock
from adapters.files import FolderOfFiles
from adapters.history.duckdb import DuckDBHistory
from api.app import bare_app
from api.openapi import text
from devices.registry import kinds
from domain.people import Role
from tests.api.property import START, Property, new_ledger
from tests.api.serving import served
from tests.services import REPOSITORY

ENDLESS = "/api/v1/events"

NOT_CHECKED = [
    ignored_auth,  # tests.api.test_access asks every route without a credential
    positive_data_acceptance,  # a cursor that nobody gave fits its pattern and is refused all the same
]


def test_the_consoles_copy_is_current() -> None:
    kept = (REPOSITORY / "console" / "openapi.json").read_text(encoding="utf-8")
    assert kept == text(), "run: python -m api.openapi console/openapi.json"


def test_every_operation_has_a_name_a_tag_and_a_summary() -> None:
    names = []
    for path, methods in bare_app().openapi()["paths"].items():
        for method, operation in methods.items():
            names.append(operation["operationId"])
            assert operation["tags"], (method, path)
            assert operation["summary"], (method, path)
            assert operation["description"], (method, path)
    assert len(set(names)) == len(names)


def test_errors_are_described_as_problem_documents() -> None:
    for path, methods in bare_app().openapi()["paths"].items():
        if not path.startswith("/api/"):
            continue
        for method, operation in methods.items():
            for status, answer in operation["responses"].items():
                if status >= "400":
                    assert list(answer["content"]) == ["application/problem+json"], (method, path, status)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[schemathesis.BaseSchema]:
    """The schema of an app over a furnished property, asked by somebody who may do everything."""
    folder: Path = tmp_path_factory.mktemp("schema")
    ledger, history = new_ledger(folder), DuckDBHistory(folder / "history", kinds())
    furnished = Property(ledger, ManualClock(START), history=history, files=FolderOfFiles(folder / "files"))
    furnished.furnish()
    furnished.raise_alarm()
    app = furnished.app()
    document = app.openapi()
    del document["paths"][ENDLESS]
    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig())
    with served(app) as address:
        schema.config.update(base_url=address, headers={"Authorization": f"Bearer {furnished.token(Role.ADMIN)}"})
        yield schema
    history.close()
    ledger.close()


OPERATIONS = [
    (path, method) for path, methods in bare_app().openapi()["paths"].items() for method in methods if path != ENDLESS
]


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_the_app_answers_as_it_says(live: schemathesis.BaseSchema, path: str, method: str) -> None:
    @given(case=live[path][method].as_strategy())
    @settings(
        max_examples=12,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def answers(case: Case) -> None:
        case.call_and_validate(excluded_checks=NOT_CHECKED)

    answers()
