"""A real Neovim for each test, on a project of its own, configured as `editors/nvim/README.md` says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.neovim import Neovim


@pytest.fixture
def neovim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Neovim]:
    editor = Neovim.start(tmp_path, monkeypatch)
    yield editor
    editor.stop()
