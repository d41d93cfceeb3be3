"""The command line's groups, one file a noun. Each imports what it needs when it is called: `--help` is quick."""
