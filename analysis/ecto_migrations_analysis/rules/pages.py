"""The pages of the rules, and where they are published. The only module that knows the address."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator

from .base import Case, Rule
from .entry import Entry

BASE_URL = "https://ecto-migrations.readthedocs.io/rules/"

_DATABASES = {
    "postgres": "PostgreSQL",
    "mysql": "MySQL and MariaDB",
    "sqlite": "SQLite",
    "mssql": "SQL Server",
}
_MARKS = re.compile("[«»]")


def page_url(rule: str) -> str:
    """The address of the page of the rule with this id."""
    return f"{BASE_URL}{rule}"


def page(rule: Rule, entry: Entry) -> str:
    """The published page, Markdown: what the rule is, its docstring, its cases as examples."""
    text = rule.page().partition("\n")[2].strip()
    return (
        "\n\n".join([f"# {rule.id}", rule.title() + ".", *_facts(rule, entry), text, *_examples(rule)]) + "\n"
    )


def index(rules: Iterable[tuple[str, Rule, Entry]]) -> str:
    """The list of all rules, Markdown, by chapter; of each its chapter's title, itself and its entry."""
    lines = ["# Rules", ""]
    lines += [
        "Each rule is on unless it says *optional*: those are on where `select` names them.",
        "What a comment or `.ecto-migrations.toml` can switch off is said in [configuration](../configuration.md).",
    ]
    last = ""
    for chapter, rule, entry in rules:
        if chapter != last:
            lines += ["", f"## {chapter}", "", "| rule | level | |", "|---|---|---|"]
            last = chapter
        level = f"{rule.level}, optional" if entry.optional else str(rule.level)
        lines.append(f"| [{rule.id}]({rule.id}.md) | {level} | {rule.title().replace('|', chr(92) + '|')} |")
    return "\n".join(lines) + "\n"


def precedence(rules: Iterable[Rule]) -> str:
    """Which rule silences which at the same place, Markdown."""
    lines = ["## One finding per cause", ""]
    lines += [
        "Where two rules speak about the same place, the more specific one is heard and the other is not:",
        "",
        "| is heard | is not |",
        "|---|---|",
    ]
    for rule in rules:
        if rule.silences:
            lines.append(f"| {rule.id} | {', '.join(sorted(rule.silences))} |")
    return "\n".join(lines) + "\n"


def _facts(rule: Rule, entry: Entry) -> Iterator[str]:
    databases = ", ".join(_DATABASES[name] for name in rule.databases)
    facts = [f"Level: {rule.level}", f"databases: {databases}", f"since {rule.since}"]
    if rule.tags:
        facts.append(f"tags: {', '.join(rule.tags)}")
    if entry.optional:
        facts.append("optional: off until it is selected")
    yield " · ".join(facts)


def _examples(rule: Rule) -> Iterator[str]:
    for heading, cases in (("## It fires on", rule.fires), ("## It is silent on", rule.silent)):
        yield heading
        yield from map(_example, cases)


def _example(case: Case) -> str:
    about = case.about if case.about.endswith((".", "!", "?")) else case.about + ":"
    parts = [_block(text, "An earlier migration:") for text in case.before]
    parts += [_block(text, "In the application:") for text in case.lib]
    parts.append(_block(case.text, "This migration:" if parts else ""))
    parts += [_block(text, "A later migration:") for text in case.after]
    if case.config:
        parts.insert(0, f"With `config :my_app, MyApp.Repo, {case.config}`:")
    return "\n\n".join([f"{about[0].upper()}{about[1:]}", *parts])


def _block(text: str, introduction: str) -> str:
    code = _MARKS.sub("", textwrap.dedent(text).strip("\n"))
    fence = f"```elixir\n{code}\n```"
    return f"{introduction}\n\n{fence}" if introduction else fence
