"""How this program was installed, for sentences that say how to install more of it."""

from __future__ import annotations

import os
import sys


def command_for_extra(extra: str) -> str:
    """What adds an extra of this package to this very installation."""
    package = f"'ecto-migrations[{extra}]'"
    if _is_in_prefix("uv-receipt.toml"):
        return f"uv tool install {package}"
    if _is_in_prefix("pipx_metadata.json"):
        return f"pipx install --force {package}"
    return f"pip install {package}"


def _is_in_prefix(name: str) -> bool:
    """Both tools keep a note in the environment of each program that they install."""
    return os.path.exists(os.path.join(sys.prefix, name))
