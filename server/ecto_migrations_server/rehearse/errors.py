"""Why there is no rehearsal, or no more of it. The text of each is one line for the user."""

from __future__ import annotations


class NoRehearsal(Exception):
    """Any of those below."""


class Unavailable(NoRehearsal):
    """There is no server to rehearse on, or a package is missing."""


class Missing(Unavailable):
    """A package of the extra `rehearse` is not installed."""

    def __init__(self, package: str) -> None:
        from ..installation import command_for_extra

        super().__init__(f"rehearse needs {package}: {command_for_extra('rehearse')}")


class Refused(NoRehearsal):
    """The database that was given is not to be used."""


class NoMigration(NoRehearsal):
    """The file has no migration for PostgreSQL."""


class Ended(NoRehearsal):
    """The server ended, its disk is full, or it does not do what every rehearsal asks for."""


class Cancelled(NoRehearsal):
    """Somebody asked for the end."""

    def __init__(self) -> None:
        super().__init__("the rehearsal was cancelled")
