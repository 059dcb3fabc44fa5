"""A migration module and what it runs in each direction."""

from __future__ import annotations

from typing import Literal

from ..records import dataclass, field
from ..syntax.span import Span
from .commands import Command
from .terms import NOWHERE

Direction = Literal["up", "down"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """`@disable_ddl_transaction true`: its value (None: not to be known) and where it stands, if it does.

    `reset`: it stands above `use Ecto.Migration`, which sets it to false (`Ecto.Migration.__using__/1`).
    """

    value: bool | None = False
    span: Span | None = None
    reset: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherAttribute:
    """An attribute that Ecto does not know; `value` is None where it is no boolean, or not known."""

    name: str
    value: bool | None
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Irreversible:
    """Why the rollback of a migration raises."""

    # As Ecto words it, e.g. "cannot reverse migration command: alter table posts. You will need to …".
    message: str
    # The part of the source that is the cause: the `remove`, the `modify` without `from:`, the `execute`.
    span: Span
    command: Command | None = None
    # The exception that is raised.
    error: str = "Ecto.MigrationError"
    # False where it is raised only under a condition that the text does not decide.
    certain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What runs in one direction, in the order in which it runs (the queue of Ecto's runner resolved)."""

    direction: Direction
    # The function that Ecto calls: `up`, `down` or `change` (`Ecto.Migrator.attempt/8`).
    callback: str
    commands: tuple[Command, ...]
    # Set where the program cannot run to its end because it is a `change` that Ecto cannot reverse;
    # `commands` then holds what runs before the error.
    irreversible: Irreversible | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """`def change`, `def up`, …: `span` is the definition, `body` where its statements go."""

    name: str
    span: Span
    name_span: Span
    body: Span


@dataclass(frozen=True, slots=True)
class OutsideRead:
    """A call whose value is another one on another machine or day: `System.get_env`, `DateTime.utc_now`."""

    call: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One module that does `use Ecto.Migration`."""

    module: str
    span: Span
    name_span: Span
    use_span: Span = field(default=NOWHERE)
    callbacks: dict[str, Callback] = field(default_factory=dict)
    disable_ddl_transaction: Attribute = Attribute()
    disable_migration_lock: Attribute = Attribute()
    # All others but those of documentation, as they are set last.
    other_attributes: tuple[OtherAttribute, ...] = ()
    up: Program | None = None
    down: Program | None = None
    # What migrating asks the environment, the clock and chance, module attributes included.
    outside: tuple[OutsideRead, ...] = ()
    # Parts of the module that did not parse: nothing is said about what lies inside.
    broken: tuple[Span, ...] = ()
