"""Examples for the end of each command's `--help`."""

from __future__ import annotations

from typing import Final

from .errors import PROGRAM

_MIGRATION: Final = "priv/repo/migrations/20250819090000_add_editor_to_posts.exs"

# What follows the name of the program, and what it does.
EXAMPLES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "check": (
        ("check", "the migrations of the project in this folder"),
        (f"check {_MIGRATION}", "one of them"),
        ("check --since main", "what is new or changed since the work branched off from main"),
        ("check --diff", "what needs no decision, as a diff; --fix writes it"),
        ("check --write-baseline known.json", "live with what there is: --baseline known.json leaves it out"),
        ("check --format sarif --fail-level danger", "for a pipeline"),
        ("check --select locking --ignore rename-table", "some rules only"),
    ),
    "report": (
        (f"report {_MIGRATION}", "its SQL and locks, in both directions"),
        (f"report {_MIGRATION} --format markdown", "the report to review it by, with the deployment plan"),
        (
            "report v1.0..v1.1 --format markdown",
            "a release: its locks in order, what can deadlock, what must not ship in one deploy",
        ),
        ("report main --compact", "this branch as it is, for a comment on its pull request"),
        ("report main..HEAD apps/shop --format json", "only what is below apps/shop, for a program"),
    ),
    "rehearse": (
        (f"rehearse {_MIGRATION}", "on a PostgreSQL of its own, with 10,000 rows in each table"),
        (f"rehearse {_MIGRATION} --rows 1000000", "with more of them, to see how long it takes"),
        (
            f"rehearse {_MIGRATION} --database-url postgresql://localhost/scratch",
            "on an empty database of yours",
        ),
        (f"rehearse {_MIGRATION} --format markdown", "for a pull request"),
    ),
    "tables": (
        ("tables --database-url postgresql://readonly@replica/shop_prod", "into the project, to commit"),
        (
            'tables --database-url "$DATABASE_URL" --prefix tenant_7',
            "the tables that migrations mean with this prefix",
        ),
        ('tables --database-url "$DATABASE_URL" --output -', "to standard output; nothing is written"),
    ),
    "cycle": (
        ("cycle --dry-run", "what would run for the newest migration"),
        (f"cycle {_MIGRATION} --with-tests", "this one and all that are newer, then the tests"),
        ("cycle --step 3 --yes", "the newest three, without a question"),
    ),
    "expand": (
        (f"expand {_MIGRATION} --list", "everything that can be rewritten"),
        (f"expand {_MIGRATION}:7", "the safe form of line 7, as a diff"),
        (f"expand {_MIGRATION}:7 --pick 2 --write", "the second one there is, written"),
    ),
    "explain": (
        ("explain", "all rules"),
        ("explain index-not-concurrent", "one of them: what happens, and what to do instead"),
    ),
    "new": (
        ("new", "all templates"),
        ("new add-index-concurrently posts=accounts title=email", "an index on accounts.email"),
        ("new create-table create_invoices --to priv/repo/migrations", "with a name, in a folder"),
    ),
    "server": (
        ("server", "for an editor that starts it"),
        ("server --tcp 127.0.0.1:7658", "for one that connects to it"),
    ),
    "completion": (
        ('eval "$(ecto-migrations completion bash)"', "in ~/.bashrc"),
        ('eval "$(ecto-migrations completion zsh)"', "in ~/.zshrc, after compinit"),
        ("completion fish > ~/.config/fish/completions/ecto-migrations.fish", "once"),
    ),
}


def epilog(command: str) -> str | None:
    """The examples of a command as they are printed; what they do stands below where it would be too long."""
    lines = []
    for words, about in EXAMPLES.get(command, ()):
        given = words if PROGRAM in words else f"{PROGRAM} {words}"
        lines += [f"  {given}", f"      {about}"]
    return "\n".join(["examples:", *lines]) if lines else None
