"""Comments that silence nothing are taken away, and misspelt names written right."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.fixes.registry import offers
from ecto_migrations_analysis.project.context import ProjectContext
from ecto_migrations_analysis.schema.state import Schema
from support.fixing import analysis_of, fix, migration, offered

KNOWN = ProjectContext(schema=Schema(complete=True))
INDEX = "create index(:posts, [:title])"


def fixed(body: str, strategy: str, subject: str = "") -> str:
    text = fix(migration(body), strategy, KNOWN, subject=subject).text
    assert analysis_of(text, KNOWN).migrations
    return text


@pytest.mark.parametrize(
    ("body", "left"),
    [
        (f"# ecto-migrations:disable-for-next-line set-not-null-scan -- x\n{INDEX}", INDEX),
        (f"{INDEX}  # ecto-migrations:disable-for-this-line set-not-null-scan -- x", INDEX),
        (
            f"# ecto-migrations:disable-for-next-line index-not-concurrent, set-not-null-scan -- x\n{INDEX}",
            f"# ecto-migrations:disable-for-next-line index-not-concurrent -- x\n{INDEX}",
        ),
        (
            f"# ecto-migrations:disable-for-next-line set-not-null-scan, index-not-concurrent -- x\n{INDEX}",
            f"# ecto-migrations:disable-for-next-line index-not-concurrent -- x\n{INDEX}",
        ),
        (
            "# ecto-migrations:disable-for-next-line foreign-key-validated,set-not-null-scan,"
            f"index-not-concurrent -- x\n{INDEX}",
            None,
        ),
    ],
)
def test_unused(body: str, left: str | None) -> None:
    found = offered(migration(body), "remove-suppression", KNOWN)
    assert found and all(offer.preferred and offer.safe and not offer.suppresses for offer in found)
    if left is None:
        # One after the other.
        assert [offer.title for offer in found] == [
            "Remove foreign-key-validated from the comment",
            "Remove set-not-null-scan from the comment",
        ]
        return
    assert fixed(body, "remove-suppression") == migration(left)


def test_several_unused_names_go_with_the_comment() -> None:
    body = f"# ecto-migrations:disable-for-next-line set-not-null-scan, foreign-key-validated -- x\n{INDEX}"
    found = offered(migration(body), "remove-suppression", KNOWN)
    assert {offer.title for offer in found} == {"Remove the comment that silences nothing"}
    for offer in found:
        subject = offer.id.rpartition("remove-suppression")[2].split(":", 2)[2]
        assert fixed(body, "remove-suppression", subject) == migration(INDEX)


@pytest.mark.parametrize(
    ("comment", "right"),
    [
        ("disable-for-next-line index-not-concurent -- x", "disable-for-next-line index-not-concurrent -- x"),
        (
            "disable-for-next-line index_not_concurrent -- x",
            "disable-for-next-line index-not-concurrent -- x",
        ),
        ("disable-for-nextline index-not-concurrent -- x", "disable-for-next-line index-not-concurrent -- x"),
    ],
)
def test_misspelt(comment: str, right: str) -> None:
    body = f"# ecto-migrations:{comment}\n{INDEX}"
    text = fixed(body, "respell-suppression")
    assert text == migration(f"# ecto-migrations:{right}\n{INDEX}")
    assert not [item for item in analysis_of(text, KNOWN).findings if item.rule == "index-not-concurrent"]


def test_windows_line_ends() -> None:
    body = f"# ecto-migrations:disable-for-next-line set-not-null-scan -- x\n{INDEX}"
    text = fix(migration(body).replace("\n", "\r\n"), "remove-suppression", KNOWN).text
    assert text == migration(INDEX).replace("\n", "\r\n")


def test_nobody_is_offered_to_silence_a_comment() -> None:
    body = f"# ecto-migrations:disable-for-next-line set-not-null-scan\n{INDEX}"
    analysis = analysis_of(migration(body), KNOWN)
    rules = {item.rule for item in analysis.findings}
    assert {"unused-suppression", "suppression-without-reason"} <= rules
    silenced = {rule for offer in offers(analysis) if offer.suppresses for rule in offer.rules}
    assert silenced == {"index-not-concurrent"}


def test_sql_of_several_lines_is_silenced_above_its_call() -> None:
    body = 'execute(\n  """\n  CREATE INDEX a\n    ON posts (title)\n  """,\n  "DROP INDEX a"\n)'
    text = fix(migration(body), "disable-for-next-line", KNOWN, subject="index-not-concurrent").text
    comment = "# ecto-migrations:disable-for-next-line index-not-concurrent -- reason"
    assert text == migration(f"{comment}\n{body}")
    assert not [item for item in analysis_of(text, KNOWN).findings if item.rule == "index-not-concurrent"]
