"""What is known of a rule before its module is loaded."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """A line of the catalogue.

    The rule `some-rule` is the class `SomeRule` of the module `some_rule` beside the chapter that lists it.
    """

    id: str
    # Names of operations or commands (their classes, or base classes of theirs), or of `presence.FACTS`, without
    # all of which the rule has nothing to say: its module is loaded only for a migration that has one of them.
    # Empty: always.
    on: tuple[str, ...] = ()
    # Off until it is selected: conventions, which are a team's choice.
    optional: bool = False
    # About the comments that silence rules: checked when all others have been, where there are such comments.
    late: bool = False
