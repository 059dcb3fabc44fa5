"""The version of the installed distribution."""

from __future__ import annotations


def version() -> str:
    """As package metadata has it; "unknown" where the code runs without being installed."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("ecto-migrations")
    except PackageNotFoundError:
        return "unknown"
