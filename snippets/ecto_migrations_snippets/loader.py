"""Reads the templates that lie beside this module.

A template is an `.exs` file: a comment that holds its title, an empty line, further comment lines
`# key: value`, and then the migrations. Lines `# region …` and `# endregion` mark the parts:

    # region file NAME      one migration; NAME is the name of its file without version and ending
    # region callback       what goes into a callback; inside of a file or on its own
    # region alter          what goes into an `alter` block
"""

from __future__ import annotations

import textwrap
from functools import cache
from importlib import resources

from .template import File, Template

_REGION = "# region "
_END = "# endregion"


@cache
def templates() -> tuple[Template, ...]:
    """All templates, in the order in which they are offered."""
    folder = resources.files(__package__) / "templates"
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".exs"))
    return tuple(parse(name, (folder / name).read_text("utf-8")) for name in names)


def parse(file_name: str, text: str) -> Template:
    """The template that a file holds; its name is the file's, without the number that orders the files.

    Raises ValueError for a text that has no title or whose regions do not match.
    """
    head, _, rest = text.partition("\n\n")
    comment = [line.removeprefix("#").strip() for line in head.splitlines()]
    if not comment or not head.startswith("#"):
        raise ValueError(f"{file_name}: no title")
    options = dict(
        line.split(": ", 1) for line in comment if line.startswith(("callbacks: ", "attributes: "))
    )
    prose = [line for line in comment[1:] if line.split(": ", 1)[0] not in options]
    regions = _regions(file_name, rest)
    name = file_name.removesuffix(".exs").partition("_")[2]
    return Template(
        name=name.replace("_", "-"),
        title=comment[0],
        description="\n".join(prose).strip(),
        files=tuple(
            File(name=key.removeprefix("file "), text=value)
            for key, value in regions.items()
            if key.startswith("file ")
        ),
        callback=regions.get("callback"),
        alter=regions.get("alter"),
        callbacks=tuple(options.get("callbacks", "change, up").split(", ")),
        attributes=tuple(options["attributes"].split(", ")) if "attributes" in options else (),
    )


def _regions(file_name: str, text: str) -> dict[str, str]:
    """The text of each region, dedented, without the markers of the regions inside of it."""
    found: dict[str, list[str]] = {}
    opened: list[str] = []
    for line in text.splitlines():
        mark = line.strip()
        if mark.startswith(_REGION):
            opened.append(mark.removeprefix(_REGION))
            found[opened[-1]] = []
        elif mark == _END:
            if not opened:
                raise ValueError(f"{file_name}: a region ends that did not begin")
            opened.pop()
        else:
            for name in opened:
                found[name].append(line)
    if opened:
        raise ValueError(f"{file_name}: region {opened[-1]} does not end")
    return {name: textwrap.dedent("\n".join(lines)).strip("\n") for name, lines in found.items()}
