"""Parts killed under a steady flow of messages. Run by `make test-faults`; sizes by environment, see `test_flow`."""
