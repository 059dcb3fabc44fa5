"""Where the rules' pages are published. The only place that knows the address."""

from __future__ import annotations

# Each page is the docstring of the rule's module (`Rule.page`).
BASE_URL = "https://ecto-migrations.readthedocs.io/rules/"


def page_url(rule: str) -> str:
    """The address of the page of the rule with this id."""
    return f"{BASE_URL}{rule}"
