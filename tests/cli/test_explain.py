"""`ecto-migrations explain`."""

from __future__ import annotations

import pytest
from ecto_migrations_analysis.rules.catalogue import rules
from support.cli import Run


def test_the_list_has_every_rule(run: Run) -> None:
    result = run("explain")
    assert result.code == 0
    listed = [line.split() for line in result.out.splitlines()]
    assert sorted(words[1] for words in listed) == sorted(rules())
    assert [words[0] for words in listed] == sorted((words[0] for words in listed), key=order.index)


order = ["danger", "risk", "info"]


@pytest.mark.parametrize("rule", sorted(rules()))
def test_every_page(run: Run, rule: str) -> None:
    result = run("explain", rule)
    assert result.code == 0
    assert result.out.startswith(f"# {rule}\n\n{rules()[rule].title()}.\n\nLevel: {rules()[rule].level} ")
    for heading in ("What happens", "It fires on", "It is silent on"):
        assert f"\n## {heading}\n" in result.out
    assert "«" not in result.out
    assert result.out.rstrip().endswith(f"/{rule}")


def test_in_colour(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    from ecto_migrations_server.cli.main import main

    assert main(["explain", "drop-table"]) == 0
