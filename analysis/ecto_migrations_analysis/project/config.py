"""The application environment that `config/*.exs` sets, read and never run.

Mix evaluates the files for one environment at a time (`Config.Reader`). What a migration does wrong hurts
in production, so that `prod` counts; what only `dev` sets (as older projects do with the adapter) fills the
gaps.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from ..program.evaluator import Evaluator
from ..program.scope import NO_ATTRIBUTES, Call, Scope
from ..program.terms import NIL, Atom, ListTerm, Options, Term, Text, TupleTerm, Unknown
from ..program.values import is_keyword_list, to_options
from ..syntax.source import Source
from ..syntax.span import Span
from ..syntax.tree import parse
from .files import Files
from .terms import MAX_STEPS, detached_options

# The later file wins (`Config`: "config/config.exs", then at the start of the system "config/runtime.exs").
_START = ("config.exs", "releases.exs", "runtime.exs")
_MAX_IMPORTS = 40

Environment = dict[str, Options]


def read_config(folders: Iterable[str], files: Files) -> Environment:
    """The options of each application, from the `config` folders, the last one winning.

    Keys are as in `config :app, Key, …`: modules by their names. Never raises.
    """
    merged: Term = ListTerm(())
    for environment in ("dev", "prod"):
        read: Term = ListTerm(())
        for folder in folders:
            for name in _START:
                reader = _ConfigReader(environment, files)
                reader.file(os.path.join(folder, name))
                read = deep_merge(read, reader.result)
        merged = deep_merge(merged, read)
    return {option.key: detached_options(to_options(option.value)) for option in to_options(merged)}


def deep_merge(old: Term, new: Term) -> Term:
    """`Config.Reader.merge/2`: keyword lists are merged, of everything else the new value counts."""
    if not (isinstance(old, ListTerm) and isinstance(new, ListTerm)):
        return new
    if not (is_keyword_list(old) and is_keyword_list(new)):
        return new
    items = {option.key: option.value for option in to_options(old)}
    for option in to_options(new):
        known = items.get(option.key)
        items[option.key] = option.value if known is None else deep_merge(known, option.value)
    return ListTerm(tuple(TupleTerm((Atom(key), value)) for key, value in items.items()))


class _ConfigReader(Evaluator):
    """Collects what `config/2,3` sets, following `import_config/1`."""

    def __init__(self, environment: str, files: Files) -> None:
        super().__init__(steps=MAX_STEPS)
        self.environment = Atom(environment)
        self.files = files
        self.result: Term = ListTerm(())
        self.folder = ""
        self.imports = 0
        self.always = True

    def file(self, path: str) -> None:
        data = self.files.read(path)
        if data is None or self.imports > _MAX_IMPORTS:
            return
        self.imports += 1
        outer, self.folder = self.folder, os.path.dirname(path)
        scope = Scope({}, None, NO_ATTRIBUTES)
        for statement in parse(Source(data, path)).root.children:
            self.value(statement, scope)
        self.folder = outer

    def imported(self, call: Call, scope: Scope) -> Term | None:
        match call.name:
            case "config_env":
                return self.environment
            case "config_target":
                return Atom("host")
            case "config":
                self._config(self.values(call.arguments, scope))
                return NIL
            case "import_config":
                for argument in self.values(call.arguments, scope)[:1]:
                    self._import(argument)
                return NIL
            case "import":
                return NIL
        return None

    def remote(self, module: str, call: Call, scope: Scope) -> Term | None:
        if module == "Mix" and call.name == "env":
            return self.environment
        return None

    def uncertain(self, run: Callable[[], Term], repeated: bool = False) -> Term | None:
        outer, self.always = self.always, False
        try:
            return super().uncertain(run, repeated)
        finally:
            self.always = outer

    def _config(self, arguments: list[Term]) -> None:
        if len(arguments) < 2 or not isinstance(arguments[0], Atom):
            return
        value = arguments[-1]
        if len(arguments) == 3:
            if not isinstance(arguments[1], Atom):
                return
            value = ListTerm((TupleTerm((Atom(arguments[1].name), value)),))
        if not self.always:
            value = _doubtful(value)
        entry = ListTerm((TupleTerm((Atom(arguments[0].name), value)),))
        self.result = deep_merge(self.result, entry)

    def _import(self, argument: Term) -> None:
        name = argument.value if isinstance(argument, Text) else None
        if name is None:
            return
        path = os.path.normpath(os.path.join(self.folder, name))
        if "*" in path:
            for found in self.files.matching(path):
                self.file(found)
        else:
            self.file(path)


def _doubtful(value: Term) -> Term:
    """What is set only under a condition that the text does not decide: its keys are known, no values."""
    if isinstance(value, ListTerm) and is_keyword_list(value):
        return ListTerm(
            tuple(TupleTerm((Atom(option.key), _doubtful(option.value))) for option in to_options(value))
        )
    return Unknown("set under a condition", Span(0, 0))
