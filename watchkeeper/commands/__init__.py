"""The command line's groups, one file a noun. Each imports what it needs when it is called, so that `--help` is quick."""
