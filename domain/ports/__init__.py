"""The ports: what the core asks of the world, as protocols. One technology a file in `adapters` implements each."""
