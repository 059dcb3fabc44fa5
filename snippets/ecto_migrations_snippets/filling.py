"""Other words in a template: `posts` and `status` become the table and the column that somebody has.

A template's tab stops have no names of their own; they go by their defaults, as a reader of the template sees
them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from .template import File, Template

_TAB_STOP = re.compile(r"\$\{(?P<number>\d+):(?P<default>[^}]*)\}")
_MODULE = re.compile(r"\$\{module:(?P<default>[^}]*)\}")


def words(template: Template) -> tuple[str, ...]:
    """The defaults of the tab stops in its migrations, in their order, each once."""
    found = {
        int(match["number"]): match["default"]
        for file in reversed(template.files)
        for match in reversed(list(_TAB_STOP.finditer(file.text)))
    }
    return tuple(dict.fromkeys(found[number] for number in sorted(found)))


def fill(template: Template, values: Mapping[str, str]) -> Template:
    """The template with `values` in the place of its words, in the texts and in the names of the files.

    Raises ValueError for a word that it does not have, and for a value that would break its grammar.
    """
    known = words(template)
    for word, value in values.items():
        if word not in known:
            raise ValueError(f"{template.name} has no {word!r}; there is: {', '.join(known)}")
        if not value or "}" in value or "\n" in value:
            raise ValueError(f"{value!r} cannot stand for {word!r}")
    if not values:
        return template

    def filled(match: re.Match[str]) -> str:
        return f"${{{match['number']}:{values.get(match['default'], match['default'])}}}"

    files = tuple(
        File(name=_renamed(file.name, values), text=_TAB_STOP.sub(filled, file.text))
        for file in template.files
    )
    return replace(template, files=files)


def named(template: Template, names: tuple[str, ...], module: Callable[[str], str]) -> Template:
    """The template with other names for its files, and modules that `module` makes of them."""
    files = tuple(
        File(name=name, text=_MODULE.sub(f"${{module:{module(name)}}}", file.text, count=1))
        for name, file in zip(names, template.files, strict=True)
    )
    return replace(template, files=files)


def _renamed(name: str, values: Mapping[str, str]) -> str:
    """`add_status_to_posts` with the words in it replaced, each as a whole."""
    made = {word: re.sub(r"[^a-z0-9]+", "_", value.lower()).strip("_") for word, value in values.items()}
    names = {word: made[word] for word in made if made[word] and re.fullmatch(r"[a-z0-9_]+", word)}
    if not names:
        return name
    # In one pass: `posts` may become `status` where `status` becomes something else.
    either = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    return re.sub(rf"(?<![a-z0-9])(?:{either})(?![a-z0-9])", lambda match: names[match[0]], name)
