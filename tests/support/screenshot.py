"""Pictures of Neovim with the example project: `make screenshot` writes them to build/screenshots.

Neovim runs in a terminal of tmux and is steered over its RPC; the screen is read from tmux and drawn.
Needs tmux, the fonts of DejaVu, and the extra `screenshots`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pynvim

from .neovim import BLOG, EXECUTABLE, PLUGIN, Neovim, wait_for
from .terminal_image import draw

COLUMNS, ROWS = 120, 26
ADD_STATUS = "priv/repo/migrations/20250415120000_add_status_to_posts.exs"
NEW_INDEX = "priv/repo/migrations/20251110093000_index_posts_by_status.exs"

INIT = """
vim.opt.termguicolors = true
vim.opt.number = true
vim.opt.signcolumn = 'yes'
vim.opt.completeopt = 'menuone,noselect,popup'
vim.opt.winborder = 'rounded'
vim.opt.laststatus = 0
vim.opt.shortmess:append('IF')
vim.diagnostic.config({ virtual_text = true, float = { max_width = 100 } })
vim.opt.wrap = false
vim.opt.linebreak = true
vim.lsp.enable('ecto_migrations')
vim.api.nvim_create_autocmd('LspAttach', {
  callback = function(event)
    vim.lsp.completion.enable(true, event.data.client_id, event.buf)
  end,
})
"""
# How a terminal is told to draw curls below the text, and in which colour (tmux's FAQ, "undercurl").
CURL = r"Smulx=\E[4::%p1%dm"
CURL_COLOUR = r"Setulc=\E[58::2::%p1%{65536}%/%d::%p1%{256}%/%{255}%&%d::%p1%{255}%&%d%;m"
TMUX = f"""
set -g default-terminal tmux-256color
set -ga terminal-overrides ",*:Tc:{CURL}:{CURL_COLOUR}"
set -g status off
"""


class Screen:
    """A Neovim on a terminal, in a copy of the example project."""

    def __init__(self, tmux: list[str], neovim: Neovim) -> None:
        self._tmux = tmux
        self.neovim = neovim

    def keys(self, *keys: str) -> None:
        subprocess.run([*self._tmux, "send-keys", "-t", "0", *keys], check=True)

    def text(self, *, styled: bool = False) -> str:
        options = ["-e"] if styled else []
        return subprocess.run(
            [*self._tmux, "capture-pane", *options, "-p", "-t", "0"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def picture(self, shows: str, target: Path) -> None:
        """Takes a picture as soon as `shows` is on the screen and nothing moves any more."""
        wait_for(lambda: shows in self.text())
        before = ""
        while before != (now := self.text(styled=True)):
            before = now
            time.sleep(0.3)
        draw(now, COLUMNS, ROWS, target)
        print(target)


@contextmanager
def screen() -> Iterator[Screen]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        project = shutil.copytree(BLOG, home / "blog")
        (home / "init.lua").write_text(INIT)
        (home / "tmux.conf").write_text(TMUX)
        environment = {
            **os.environ,
            **{f"XDG_{kind}_HOME": str(home / kind) for kind in ("CONFIG", "DATA", "STATE", "CACHE")},
            "PATH": f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}",
            "COLORTERM": "truecolor",
            "LC_ALL": "C.UTF-8",
        }
        environment.pop("TMUX", None)
        environment.pop("NVIM", None)
        tmux = ["tmux", "-S", str(home / "tmux"), "-u", "-f", str(home / "tmux.conf")]
        socket = home / "nvim"
        command = [EXECUTABLE, "--listen", socket, "-i", "NONE", "-n", "-u", home / "init.lua"]
        command += ["--cmd", f"set runtimepath+={PLUGIN}", ADD_STATUS]
        subprocess.run(
            [*tmux, "new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), "-c", str(project)]
            + [str(part) for part in command],
            check=True,
            env=environment,
        )
        try:
            wait_for(socket.exists)
            yield Screen(tmux, Neovim(pynvim.attach("socket", path=str(socket)), home))
        finally:
            subprocess.run([*tmux, "kill-server"], check=False)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with screen() as shown:
        neovim = shown.neovim
        neovim.diagnostics()
        neovim.put_cursor_on("null: false")
        neovim.lua("vim.diagnostic.open_float()")
        shown.picture("split", folder / "neovim-finding.png")
        neovim.put_cursor_on("add :status")
        shown.keys("K")
        shown.picture("ALTER TABLE", folder / "neovim-hover.png")
        neovim.put_cursor_on("null: false")
        shown.keys("g", "r", "a")
        shown.picture("Split into 3 migrations", folder / "neovim-code-action.png")
        shown.keys("2", "Enter")
        wait_for(lambda: "null: false" not in neovim.text())
        neovim.nvim.command("wall")
        neovim.nvim.command("args priv/repo/migrations/*_posts_status*.exs")
        neovim.nvim.command("vertical all")
        shown.picture("Step", folder / "neovim-split.png")
        neovim.nvim.command("only")
        neovim.edit(Path(NEW_INDEX))
        neovim.attached()
        shown.keys("i", "C-x", "C-o")
        wait_for(lambda: "add-index-concurrently" in shown.text())
        shown.keys("C-n", "C-n", "C-n")
        shown.picture("@disable_ddl_transaction", folder / "neovim-completion.png")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/screenshots"))
