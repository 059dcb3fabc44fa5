"""What Ecto raises for a command before it sends anything, in a few words."""

from __future__ import annotations

from ..operations import Statement

MULTIPLE_COMMANDS = "cannot insert multiple commands into a prepared statement"


def refusal(statement: Statement) -> str | None:
    """`ArgumentError: unsupported type …`; None where Ecto takes the command, or it may not be reached.

    What the migration raises by itself (`raise "no way back"`) is none; neither are several statements in one
    `execute`, of which a rule of their own speaks.
    """
    if statement.error is None or MULTIPLE_COMMANDS in statement.error:
        return None
    error, _, message = statement.error.partition(": ")
    if error == "RuntimeError" or (statement.command is not None and not statement.command.always):
        return None
    return f"{error}: {_first_sentence(message)}"


def _first_sentence(message: str) -> str:
    """Of a message of several lines what it says before it lists what would be right."""
    return message.strip().partition("\n")[0].removesuffix(" Expected one of:").rstrip(".:")
