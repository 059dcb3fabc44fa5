"""What a cycle consists of, and what became of it."""

from __future__ import annotations

from typing import Final, Literal

from ecto_migrations_analysis.records import dataclass, field

Kind = Literal["migrate", "rollback", "tests"]

# What is done to the database; the tests come after it where they are asked for.
DIRECTIONS: Final[tuple[Kind, ...]] = ("migrate", "rollback", "migrate", "rollback", "migrate")


@dataclass(frozen=True)
class MigrationText:
    """A migration that will be rolled back, with its text as it was when the cycle began."""

    version: int
    name: str
    path: str
    text: bytes = field(repr=False)


@dataclass(frozen=True)
class Gate:
    """A step that has to pass before the next one is tried: `mix` with these arguments."""

    kind: Kind
    arguments: tuple[str, ...]

    @property
    def command(self) -> str:
        """As it is typed."""
        return " ".join(("mix", *self.arguments))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What will be run. `options` go to every task of Ecto; `folder` is where mix is started.

    `to`: the oldest of the migrations that were named, which are rolled back with all that are newer; None
    where the newest `step` are.
    """

    folder: str
    environment: str = "test"
    repo: str | None = None
    options: tuple[str, ...] = ()
    to: int | None = None
    step: int = 1
    tests: bool = False
    migrations: tuple[MigrationText, ...] = ()

    @property
    def status(self) -> tuple[str, ...]:
        """The task that tells which migrations are up."""
        return ("ecto.migrations", *self.options)

    @property
    def gates(self) -> tuple[Gate, ...]:
        far = ("--to", str(self.to)) if self.to is not None else ("--step", str(self.step))
        tasks: dict[Kind, tuple[str, ...]] = {
            "migrate": ("ecto.migrate", *self.options),
            "rollback": ("ecto.rollback", *far, *self.options),
        }
        gates = [Gate(kind, tasks[kind]) for kind in DIRECTIONS]
        if self.tests:
            gates.append(Gate("tests", ("test",)))
        return tuple(gates)


@dataclass(frozen=True)
class Explanation:
    """Why a gate did not pass: one sentence, and what to do about it.

    `elsewhere`: it is nothing of the migration's, such as a database that is not there.
    """

    sentence: str
    way_out: str | None = None
    elsewhere: bool = False


@dataclass(frozen=True, kw_only=True)
class Result:
    """How a gate ended. `note` says what it did to which migrations."""

    gate: Gate
    seconds: float
    note: str = ""
    failure: Explanation | None = None

    @property
    def passed(self) -> bool:
        return self.failure is None


@dataclass(frozen=True, kw_only=True)
class Cycle:
    """What was run, and what is left: the versions that are down now and were to be up.

    `taken_back`: what was rolled back, both times.
    """

    plan: Plan
    database: str
    results: tuple[Result, ...]
    taken_back: tuple[int, ...] = ()
    left_down: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return len(self.results) == len(self.plan.gates) and all(result.passed for result in self.results)

    @property
    def failure(self) -> Explanation | None:
        return next((result.failure for result in self.results if result.failure is not None), None)

    @property
    def went_round(self) -> bool:
        """Whether the migrations went through both rounds, whatever the tests say."""
        return len(self.results) >= len(DIRECTIONS) and all(
            result.passed for result in self.results[: len(DIRECTIONS)]
        )
