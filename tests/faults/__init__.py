"""Parts that go away, crash and fill up under a steady flow of messages. Run by `make test-faults`; sizes by environment,
see `test_production`.
"""
