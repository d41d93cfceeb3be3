"""Parts that go away, crash and fill up under a steady flow of messages, by `make test-faults`.

Sizes by environment: see `test_production`.
"""
