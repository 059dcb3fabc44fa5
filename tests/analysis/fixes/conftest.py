"""Fixtures for the tests of fixes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support import elixir


@pytest.fixture(scope="module")
def formatted() -> Iterator[elixir.Later]:
    """Takes Elixir texts; at the end of the module Elixir's own formatter looks at all of them."""
    later = elixir.Later()
    yield later
    if later.texts:
        elixir.assert_formatted(later.texts)
