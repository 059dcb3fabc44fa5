"""Operations and effects in words."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pytest
from ecto_migrations_analysis import operations as op
from ecto_migrations_analysis.databases.effects import Effect, Lock
from ecto_migrations_analysis.operations import session, tables
from ecto_migrations_analysis.report.consequences import blocked_by, lock_sentence
from ecto_migrations_analysis.report.words import describe

POSTS = op.Relation("posts")
USERS = op.Relation("users", "accounts")


def kinds() -> Iterator[type[op.Operation]]:
    """Every kind of operation, the abstract ones left out."""
    pending = [op.Operation]
    while pending:
        kind = pending.pop()
        pending += kind.__subclasses__()
        if kind not in (op.Operation, tables.TableOperation, tables.ColumnOperation):
            yield kind


@pytest.mark.parametrize("kind", list(kinds()), ids=lambda kind: kind.__name__)
def test_every_operation_has_words_of_its_own(kind: type[op.Operation]) -> None:
    assert describe.dispatch(kind) not in (
        describe.dispatch(op.Operation),
        describe.dispatch(tables.TableOperation),
    )
    assert inspect.isfunction(describe.dispatch(kind))


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (op.SetNotNull(relation=POSTS, column="status"), "Sets NOT NULL on `posts.status`"),
        (op.DropColumn(relation=USERS, column="email"), "Drops `accounts.users.email`"),
        (op.DropColumn(relation=POSTS, column=None), "Drops `posts.…`"),
        (op.RenameTable(relation=POSTS, to=None), "Renames the table `posts` to a name that is not known"),
        (
            op.AddColumn(
                relation=POSTS,
                column=op.ColumnDefinition(name="a", type=op.DataType("text"), not_null=True),
            ),
            "Adds `posts.a` (text, NOT NULL)",
        ),
        (
            op.AddConstraint(
                relation=POSTS,
                constraint=op.ConstraintDefinition(
                    kind="foreign key", name="posts_a_fkey", references=USERS, validated=False
                ),
            ),
            "Adds the foreign key constraint `posts_a_fkey` on `posts` to `accounts.users`, not validated",
        ),
        (
            op.CreateIndex(relation=POSTS, name="posts_a_index", unique=True, concurrently=True),
            "Builds the unique index `posts_a_index` on `posts` concurrently",
        ),
        (op.Update(relation=POSTS, restricted=False), "Updates every row of `posts`"),
        (op.Update(relation=POSTS), "Updates `posts`"),
        (op.Truncate(relations=(POSTS, USERS)), "Empties `posts`, `accounts.users`"),
        (op.Maintenance(command="vacuum full"), "Runs VACUUM FULL on every table"),
        (op.Select(functions=("app.fill",)), "Calls `app.fill()`"),
        (
            op.SetParameter(name="lock_timeout", value="5s", local=True),
            "Sets `lock_timeout` to `5s` for this transaction",
        ),
        (op.SetParameter(name="lock_timeout", value=None), "Resets `lock_timeout`"),
        (session.SetConstraints(), "Has all constraints checked at once"),
        (op.CallsCode(call="Shop.Release.seed/0"), "Calls `Shop.Release.seed/0`, which may do anything"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_words(operation: op.Operation, words: str) -> None:
    assert describe(operation) == words


@pytest.mark.parametrize(
    ("mode", "blocked"),
    [
        ("ACCESS SHARE", ()),
        ("ROW SHARE", ()),
        ("ROW EXCLUSIVE", ()),
        ("SHARE UPDATE EXCLUSIVE", ()),
        ("SHARE", ("writes",)),
        ("SHARE ROW EXCLUSIVE", ("writes",)),
        ("EXCLUSIVE", ("writes",)),
        ("ACCESS EXCLUSIVE", ("reads", "writes")),
    ],
)
def test_who_waits_for_a_lock(mode: str, blocked: tuple[str, ...]) -> None:
    """The conflicts with ACCESS SHARE and ROW EXCLUSIVE in table 13.2 of PostgreSQL's documentation."""
    assert blocked_by([mode]) == blocked


EXCLUSIVE = Lock(POSTS, "ACCESS EXCLUSIVE")


@pytest.mark.parametrize(
    ("effect", "sentence"),
    [
        (Effect(), ""),
        (
            Effect(locks=(EXCLUSIVE,)),
            "`ACCESS EXCLUSIVE` on `posts` for an instant: reads and writes wait.",
        ),
        (
            Effect(locks=(EXCLUSIVE,), scans=(POSTS,)),
            "`ACCESS EXCLUSIVE` on `posts` while the whole of `posts` is scanned: reads and writes wait.",
        ),
        (
            Effect(locks=(EXCLUSIVE,), rewrites=(POSTS,), scans=(POSTS,), rebuilds=("posts_pkey",)),
            "`ACCESS EXCLUSIVE` on `posts` while `posts` is rewritten and `posts_pkey` is built:"
            " reads and writes wait.",
        ),
        (
            Effect(locks=(EXCLUSIVE,), unknown=("the type is not known",)),
            "`ACCESS EXCLUSIVE` on `posts` for a time that is not known: reads and writes wait.",
        ),
        (
            Effect(locks=(Lock(POSTS, "SHARE UPDATE EXCLUSIVE"),)),
            "`SHARE UPDATE EXCLUSIVE` on `posts` for an instant: neither reads nor writes wait.",
        ),
        (
            Effect(locks=(Lock(POSTS, "ROW EXCLUSIVE"),), scans=(POSTS,), writes_rows=(POSTS,)),
            "`ROW EXCLUSIVE` on `posts` while the whole of `posts` is scanned: writes of the same rows wait.",
        ),
        (
            Effect(locks=(EXCLUSIVE, Lock(USERS, "SHARE ROW EXCLUSIVE")), scans=(POSTS,)),
            "`ACCESS EXCLUSIVE` on `posts`, `SHARE ROW EXCLUSIVE` on `accounts.users` while the whole of"
            " `posts` is scanned: on `posts` reads and writes wait; on `accounts.users` writes wait.",
        ),
    ],
)
def test_locks_in_a_sentence(effect: Effect, sentence: str) -> None:
    assert lock_sentence(effect) == sentence
