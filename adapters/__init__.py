"""Adapters: one technology a file, each implementing a port of `domain.ports` and translating its library's errors."""
