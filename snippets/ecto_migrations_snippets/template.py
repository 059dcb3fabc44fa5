"""A template and how it is rendered for the place where it goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from . import placeholders

Where = Literal["file", "callback", "alter"]

# Repos with `migration_lock: :pg_advisory_lock` do without it (ecto_sql, `Ecto.Adapters.Postgres`): the
# advisory lock holds no transaction open that a concurrent build would wait for.
_LOCK_ATTRIBUTE = "@disable_migration_lock true"
_DEFAULT_NAMESPACE = "MyApp.Repo.Migrations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Where the template goes, and what is known there.

    `file` replaces the whole text of an empty or freshly generated file, `callback` goes into the body of
    `change` or `up`, `alter` into an `alter` block. `module` is the name that the module of the file has, or
    should have by the name of the file; without it, its last part is a tab stop below `namespace`.
    """

    where: Where = "file"
    module: str | None = None
    namespace: str | None = None
    callback: str = "change"
    disable_migration_lock: bool = True
    # How long generated statements wait for a lock, as PostgreSQL reads it; how many rows a batch has.
    lock_timeout: str = "5s"
    batch_size: int = 1_000

    @property
    def values(self) -> dict[str, str]:
        """What placeholders stand for that the user does not fill in."""
        return {"lock_timeout": self.lock_timeout, "batch_size": f"{self.batch_size:_}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One migration of a template: `name` is the file's name without version and ending."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A rendered template. Lines end with `\\n`; there is no line end behind the last one.

    `files` are the migrations one by one where the template fills a file (plain text): only the first belongs
    into the file itself. `attributes` are the module attributes without which the body must not run.
    """

    snippet: str
    text: str
    files: tuple[File, ...] = ()
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """`name` is the word to type, `title` one line, `description` a few sentences (Markdown).

    `scopes` tells where it can go, `callbacks` into which callbacks. The texts are those of the `.exs` file:
    one for each migration, then the part for a callback and the part for an `alter`.
    """

    name: str
    title: str
    description: str
    files: tuple[File, ...]
    callback: str | None = None
    alter: str | None = None
    callbacks: tuple[str, ...] = ("change", "up")
    attributes: tuple[str, ...] = ()

    @property
    def scopes(self) -> tuple[Where, ...]:
        texts = {"file": self.files, "callback": self.callback, "alter": self.alter}
        return tuple(where for where in get_args(Where) if texts[where])

    def body_for(self, context: Context) -> Body | None:
        """The template for this place; None where it has no part that could stand there."""
        if context.where == "file":
            return self._file_body(context)
        text = self.callback if context.where == "callback" else self.alter
        if text is None or context.callback not in self.callbacks:
            return None
        parts = placeholders.parse(text, context.values, 0)
        attributes = self.attributes if context.where == "callback" else ()
        return Body(
            snippet=placeholders.snippet(parts),
            text=placeholders.plain(parts),
            attributes=tuple(
                attribute
                for attribute in attributes
                if context.disable_migration_lock or attribute != _LOCK_ATTRIBUTE
            ),
        )

    def _file_body(self, context: Context) -> Body:
        values = {**context.values, "namespace": _namespace(context)}
        after = max(placeholders.highest_number(file.text) for file in self.files)
        texts: list[str] = []
        for number, file in enumerate(self.files):
            text = file.text
            if not context.disable_migration_lock:
                text = text.replace(f"  {_LOCK_ATTRIBUTE}\n", "")
            if number == 0 and context.module:
                # The whole name is given, with the namespace.
                text = text.replace("${namespace:}.", "", 1)
            texts.append(text)
        if context.module:
            values[f"module:{_module_default(texts[0])}"] = context.module
        joined = "\n\n".join(
            text if number == 0 else f"{_own_file(file.name)}\n{text}"
            for number, (file, text) in enumerate(zip(self.files, texts, strict=True))
        )
        parts = placeholders.parse(joined, values, after)
        return Body(
            snippet=placeholders.snippet(parts),
            text=placeholders.plain(parts),
            files=tuple(
                File(
                    name=file.name,
                    text=placeholders.plain(placeholders.parse(text, values, after)) + "\n",
                )
                for file, text in zip(self.files, texts, strict=True)
            ),
        )


def _namespace(context: Context) -> str:
    if context.namespace:
        return context.namespace
    if context.module and "." in context.module:
        return context.module.rpartition(".")[0]
    return _DEFAULT_NAMESPACE


def _module_default(text: str) -> str:
    """The default in the first `${module:…}` of a template's file."""
    return text.partition("${module:")[2].partition("}")[0]


def _own_file(name: str) -> str:
    # `Ecto.Migrator` loads a file and runs the first migration module in it, only that one.
    return f"# Move to a later file, <version>_{name}.exs: Ecto runs only the first module of a file."
