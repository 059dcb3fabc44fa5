"""Names of files and modules."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from ecto_migrations_analysis.engine import analyze
from ecto_migrations_analysis.fixes.model import Change, Offer
from ecto_migrations_analysis.fixes.registry import change, offers
from ecto_migrations_analysis.fixes.unattended import is_unattended
from ecto_migrations_analysis.rules.base import Case
from ecto_migrations_analysis.syntax.source import Source
from support import cases
from support.fixing import KnownFiles, apply
from support.small_fixes import case

FOLDER = "/app/priv/repo/migrations/"
MODULE = """
defmodule MyApp.Repo.Migrations.AddStatus do
  use Ecto.Migration

  def change do
    create table(:posts)
  end
end
"""


def taken(subject: Case, rule: str, names: Iterable[str] = ()) -> tuple[str, Change, Offer]:
    """The text after the fix of the rule, the change and the offer."""
    found = cases.analysis_of(subject)
    analysis = analyze(Source(found.source.data, FOLDER + subject.file.rpartition("/")[2]), found.project)
    (offer,) = [offer for offer in offers(analysis) if rule in offer.rules and not offer.suppresses]
    made = change(analysis, offer.id, KnownFiles(names))
    assert not is_unattended(offer)
    return apply(analysis.source.data, made).decode(), made, offer


@pytest.mark.parametrize(
    ("rule", "subject", "names", "to"),
    [
        (
            "duplicate-name",
            case(MODULE, siblings=("20250101000000_add_status.exs",), file="20260101000000_add_status.exs"),
            ("20250101000000_add_status.exs", "20250201000000_add_status_2.exs"),
            "20260101000000_add_status_3.exs",
        ),
        (
            "migration-ext-ex",
            case(MODULE, file="20260101000000_add_status.ex"),
            (),
            "20260101000000_add_status.exs",
        ),
        (
            "bad-version-prefix",
            case(MODULE, file="20260101000000-addStatus.exs"),
            (),
            "20260101000000_add_status.exs",
        ),
        # The name is that of the module, and the version the next one that is free.
        (
            "bad-version-prefix",
            case(MODULE, file="20260101000000.exs"),
            ("20260101000000_a.exs", "20260101000001_b.exs"),
            "20260101000002_add_status.exs",
        ),
    ],
)
def test_a_new_name(rule: str, subject: Case, names: tuple[str, ...], to: str) -> None:
    subject = cases_in_priv(subject)
    text, made, offer = taken(subject, rule, names)
    assert made.rename is not None and not made.edits and text == cases.marked(subject)[0].decode()
    assert made.rename.to == FOLDER + to and made.rename.path == FOLDER + subject.file.rpartition("/")[2]
    assert offer.renames


def cases_in_priv(subject: Case) -> Case:
    from dataclasses import replace

    return replace(subject, file="priv/repo/migrations/" + subject.file)


@pytest.mark.parametrize(
    ("rule", "subject"),
    [
        ("duplicate-version", case(MODULE, siblings=("20260101000000_a.exs",), file="20260101000000_b.exs")),
        (
            "out-of-order-version",
            case(
                MODULE,
                siblings=("20260201000000_a.exs",),
                released=("20260201000000_a.exs",),
                file="20260101000000_b.exs",
            ),
        ),
        ("future-timestamp", case(MODULE, file="29960101000000_b.exs")),
        ("bad-version-prefix", case(MODULE, file="b.exs")),
    ],
)
def test_a_version_of_now(rule: str, subject: Case) -> None:
    before = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
    _, made, offer = taken(cases_in_priv(subject), rule, ("20250101000000_c.exs",))
    assert made.rename is not None and "…_b.exs" in offer.title
    version, _, name = made.rename.to.removeprefix(FOLDER).partition("_")
    assert name == "b.exs" and before <= version <= datetime.now(UTC).strftime("%Y%m%d%H%M%S")
    # The same second may be taken.
    seconds = [datetime.now(UTC).strftime("%Y%m%d%H%M") + f"{second:02}_x.exs" for second in range(60)]
    _, made, _ = taken(cases_in_priv(subject), rule, seconds)
    assert made.rename is not None and not any(made.rename.to[: len(FOLDER) + 14] in x for x in seconds)


def test_what_was_deployed_keeps_its_version() -> None:
    subject = case(
        MODULE,
        siblings=("20260101000000_a.exs",),
        file="20260101000000_b.exs",
        released=("20260101000000_b.exs",),
    )
    found = cases.analysis_of(subject)
    analysis = analyze(Source(found.source.data, FOLDER + subject.file), found.project)
    assert "duplicate-version" in [finding.rule for finding in analysis.findings]
    assert not [offer for offer in offers(analysis) if offer.renames]


@pytest.mark.parametrize(
    ("rule", "subject", "line"),
    [
        # After the file; where that is taken too, with a number.
        (
            "duplicate-module",
            case(MODULE, MODULE, file="20260101000000_add_state.exs"),
            "defmodule MyApp.Repo.Migrations.AddState do",
        ),
        (
            "duplicate-module",
            case(MODULE, MODULE, file="20260101000000_add_status.exs"),
            "defmodule MyApp.Repo.Migrations.AddStatus2 do",
        ),
        (
            "module-name-mismatch",
            case(MODULE, file="20260101000000_add_state_to_posts.exs"),
            "defmodule MyApp.Repo.Migrations.AddStateToPosts do",
        ),
        (
            "no-migration-module",
            case(
                MODULE.replace("  use Ecto.Migration\n\n", "").replace("change", "up"),
                file="priv/repo/migrations/20260101000000_add_status.exs",
            ),
            "  use Ecto.Migration",
        ),
    ],
)
def test_a_module(rule: str, subject: Case, line: str) -> None:
    text, made, _ = taken(subject, rule)
    assert line in text.splitlines() and line not in cases.marked(subject)[0].decode().splitlines()
    assert made.rename is None and len(text.splitlines()) - subject.text.strip("\n").count("\n") - 1 in (0, 2)


def test_the_text_that_was_deployed() -> None:
    subject = case(
        MODULE,
        released=("20260101000000_example.exs",),
        released_text=MODULE.replace(":posts", ":notes"),
    )
    text, _, offer = taken(subject, "edited-released-migration")
    assert text == MODULE.replace(":posts", ":notes").lstrip("\n")
    assert offer.title == "Write it as it was deployed (takes the change back)"
