"""Fixtures that every test may use."""

pytest_plugins = ["tests.broker_fixtures", "tests.influx_fixtures", "tests.postgres_fixtures"]
