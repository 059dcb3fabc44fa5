"""The gates one after the other, judged by what is up after each; mix is played by the test."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

import pytest
from ecto_migrations_server.cycle import running
from ecto_migrations_server.cycle.errors import Refused
from ecto_migrations_server.cycle.mix import Echo, Ended
from ecto_migrations_server.cycle.model import Gate, Plan, Result


@dataclass
class Played:
    """A database with migrations `files`, of which `up` are up; `broken` by the number of the gate."""

    files: list[int]
    up: list[int]
    broken: dict[int, str] = field(default_factory=dict)
    # Gates that do nothing, and end without an error.
    idle: set[int] = field(default_factory=set)
    host: str = "localhost"
    repos: tuple[str, ...] = ("Shop.Repo",)
    calls: list[tuple[str, ...]] = field(default_factory=list)

    def run(self, arguments: tuple[str, ...], echo: Echo | None = None) -> Ended:
        if arguments[0] == "run":
            return Ended(0, "".join(self._answer(repo) for repo in self.repos), 0.1)
        if arguments[0] == "ecto.migrations":
            return Ended(0, self._table(), 0.1)
        self.calls.append(arguments)
        number = len(self.calls)
        if echo is not None:
            echo(f"gate {number}\n".encode())
        if number in self.broken:
            return Ended(1, self.broken[number], 0.1)
        if number not in self.idle:
            self._do(arguments)
        return Ended(0, "", 0.1)

    def _do(self, arguments: tuple[str, ...]) -> None:
        if arguments[0] == "ecto.migrate":
            self.up = sorted({*self.up, *self.files})
        elif arguments[:2] == ("ecto.rollback", "--to"):
            self.up = [
                version for version in self.up if version < int(arguments[2]) or not self._file(version)
            ]
        elif arguments[0] == "ecto.rollback":
            known = [version for version in self.up if self._file(version)]
            back = known[-int(arguments[2]) :]
            self.up = [version for version in self.up if version not in back]

    def _file(self, version: int) -> bool:
        return version in self.files

    def _answer(self, repo: str) -> str:
        fields = (repo, "Ecto.Adapters.Postgres", self.host, "", "shop_test")
        encoded = " ".join("." + base64.b64encode(each.encode()).decode() for each in fields)
        return f"Compiling 1 file (.ex)\necto-migrations-cycle {encoded}\n"

    def _table(self) -> str:
        rows = [
            f"  {'up' if version in self.up else 'down':10}{version:<16}"
            + (f"m{version}" if version in self.files else "** FILE NOT FOUND **")
            for version in sorted({*self.files, *self.up})
        ]
        return "\n".join(
            ("", "Repo: Shop.Repo", "", "  Status    Migration ID    Migration Name", "-" * 50, *rows, "")
        )


@dataclass
class Seen:
    """The watcher: everything that it was told."""

    notes: tuple[str, ...] = ()
    told: list[str] = field(default_factory=list)
    written: bytes = b""

    def asks(self) -> None:
        self.told.append("asks")

    def found(self, database: str, notes: tuple[str, ...]) -> None:
        self.told.append(database)
        self.notes = notes

    def begins(self, number: int, gate: Gate) -> None:
        self.told.append(f"{number} {gate.kind}")

    def output(self, data: bytes) -> None:
        self.written += data

    def ended(self, number: int, result: Result) -> None:
        self.told.append(f"{number} {'passed' if result.passed else 'failed'}")


def plan(to: int | None = None, step: int = 1) -> Plan:
    return Plan(folder="/shop", to=to, step=step)


def test_everything_is_told_in_order() -> None:
    seen = Seen()
    done = running.run(plan(to=2), Played([1, 2, 3], [1, 2]), seen)
    assert done.passed and done.taken_back == (2, 3) and done.left_down == ()
    assert seen.told == [
        "asks",
        "Shop.Repo: shop_test at localhost",
        *("1 migrate", "1 passed", "2 rollback", "2 passed", "3 migrate", "3 passed"),
        *("4 rollback", "4 passed", "5 migrate", "5 passed"),
    ]
    assert [result.note for result in done.results] == [
        "ran 3",
        "took back 2, 3",
        "ran 2, 3",
        "took back 2, 3",
        "ran 2, 3",
    ]
    assert seen.written == b"gate 1\ngate 2\ngate 3\ngate 4\ngate 5\n"


def test_the_second_round_finds_what_the_first_one_does_not() -> None:
    error = '** (Postgrex.Error) ERROR 42P07 (duplicate_table) relation "posts" already exists\n'
    done = running.run(plan(), Played([1, 2], [1], broken={5: error}), Seen())
    assert not done.passed and not done.went_round
    assert done.failure is not None
    assert done.failure.sentence == (
        'PostgreSQL refused a statement: relation "posts" already exists (duplicate_table, 42P07)'
    )
    assert done.left_down == (2,)


@pytest.mark.parametrize(
    ("idle", "sentence"),
    [
        (1, "mix ended without an error, and 2 is still pending"),
        (2, "mix ended without an error, and rolled back nothing instead of 2"),
        (3, "mix ended without an error, and 2 is still pending"),
        (4, "mix ended without an error, and rolled back nothing instead of 2"),
    ],
)
def test_a_gate_that_did_nothing_has_not_passed(idle: int, sentence: str) -> None:
    done = running.run(plan(), Played([1, 2], [1], idle={idle}), Seen())
    assert len(done.results) == idle
    assert done.failure is not None and done.failure.sentence == sentence


def test_what_other_branches_left_is_told_and_passed_over() -> None:
    seen = Seen()
    done = running.run(plan(), Played([1, 3, 5], [1, 4, 5]), seen)
    assert done.passed and done.taken_back == (5,)
    assert seen.notes == done.notes
    assert [note.split(",")[0] for note in seen.notes] == [
        "the database has 4 without a file",
        "3 is pending and older than 5",
    ]


def test_nothing_is_run_elsewhere_unless_it_is_named() -> None:
    played = Played([1], [], host="10.0.0.7")
    with pytest.raises(Refused, match=r"--host 10\.0\.0\.7 says that it may"):
        running.run(plan(), played, Seen())
    assert played.calls == []
    assert running.run(plan(), played, Seen(), host="10.0.0.7").passed


def test_a_host_of_the_environment_counts() -> None:
    """Postgrex takes PGHOST where the configuration has no hostname."""
    with pytest.raises(Refused, match=r"Shop.Repo: shop_test at db.example.com is another machine"):
        running.run(plan(), Played([1], [], host=""), Seen(), variables={"PGHOST": "db.example.com"})


def test_one_of_several_repos_has_to_be_named() -> None:
    with pytest.raises(Refused, match=r"several repos, --repo names one: A.Repo, B.Repo"):
        running.run(plan(), Played([1], [], repos=("A.Repo", "B.Repo")), Seen())


def test_a_project_that_does_not_answer() -> None:
    with pytest.raises(Refused, match="mix does not tell which database it would use"):
        running.run(plan(), Played([1], [], repos=()), Seen())


def test_a_migration_that_mix_does_not_know() -> None:
    played = Played([1, 2], [])
    with pytest.raises(Refused, match=r"mix ecto.migrations does not list 7"):
        running.run(plan(to=7), played, Seen())
    assert played.calls == []


def test_more_steps_than_migrations() -> None:
    done = running.run(plan(step=9), Played([1, 2], []), Seen())
    assert done.passed and done.taken_back == (1, 2)
