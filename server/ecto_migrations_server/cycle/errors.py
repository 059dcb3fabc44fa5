"""Why nothing was run, or why it cannot go on."""

from __future__ import annotations


class Refused(Exception):
    """The cycle must not or cannot run here. The text is one line for the user."""


class NoMix(Refused):
    """There is no `mix` to run."""
