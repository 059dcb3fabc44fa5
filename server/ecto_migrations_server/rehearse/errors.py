"""Why there is no rehearsal, or no more of it."""

from __future__ import annotations


class Unavailable(Exception):
    """There is no server to rehearse on. The text is one line for the user."""


class Refused(Exception):
    """The database that was given is not to be used. The text is one line for the user."""
