"""Helpers shared by tests; importable as `support.…` (pytest's `pythonpath` has `tests`)."""
