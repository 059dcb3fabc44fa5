"""Ecto's structs from evaluated arguments: `table`, `index`, `constraint` and `references`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..project.context import RepoConfig
from ..syntax.span import Span
from .checks import (
    Refused,
    Unfinished,
    merged,
    name_of,
    no_clause,
    options_of,
    table_name,
    validate_index_options,
)
from .commands import Constraint, Index, IndexColumn, Name, Reference, Table
from .inspection import inspect
from .terms import (
    TRUE,
    Atom,
    ListTerm,
    Option,
    Options,
    Term,
    Text,
    TupleTerm,
    Unknown,
    as_bool,
    as_name,
    is_nil,
)
from .values import text_of, to_options, truth, unknown_prefix

# What Erlang's `re` without the option `unicode` takes for no letter of a word: it sees bytes as ISO Latin-1.
_NOT_WORD = re.compile(rb"[^A-Za-z0-9_\xaa\xb5\xba\xc0-\xd6\xd8-\xf6\xf8-\xff]")


class _Fields:
    """The fields of a struct after `struct!(defaults, options)`: the last of equal keys counts.

    Before ecto_sql 3.12 it was `struct/2`, which passes over keys that it does not know.
    """

    def __init__(
        self, struct: str, fields: Iterable[str], options: Options, span: Span, config: RepoConfig
    ) -> None:
        allowed = frozenset(fields)
        strict = config.ecto_sql is None or config.ecto_sql >= (3, 12)
        for option in options:
            if strict and option.key not in allowed:
                message = f"key {inspect(Atom(option.key))} not found in: %Ecto.Migration.{struct}{{}}"
                raise Refused("KeyError", message, option.span if option.span.end else span)
        self._found = {option.key: option.value for option in options}
        self._complete = options.complete

    def term(self, key: str) -> Term | None:
        """The value, an Unknown where it may be among what is not known, None where it is not given."""
        found = self._found.get(key)
        if found is None and not self._complete:
            return Unknown("options that are not known")
        return found

    def name(self, key: str) -> Name | None:
        return name_of(self.term(key))

    def prefix(self, default: str | None) -> Name | None:
        """`Ecto.Migration.__prefix__/1`: the option, else the migrator's, else the repo's default one."""
        term = self.term("prefix")
        if term is None or is_nil(term) or unknown_prefix(term):
            return default
        return name_of(term)

    def text(self, key: str) -> Text | Unknown | None:
        term = self.term(key)
        if term is None or is_nil(term):
            return None
        if isinstance(term, Text | Unknown):
            return term
        text = text_of(term)
        return Unknown(f"`{key}:` of another kind", term.span) if text is None else _plain(text, term)

    def flag(self, key: str, default: bool | None) -> bool | None:
        """A boolean; None where it is not known."""
        term = self.term(key)
        if term is None:
            return default
        return truth(term)

    def validated(self) -> bool | None:
        """`validate:`, where nothing but false says NOT VALID."""
        term = self.term("validate")
        return None if isinstance(term, Unknown) else as_bool(term) is not False


def _plain(text: str, term: Term) -> Text:
    from .terms import plain_text

    return plain_text(text, term.span)


def table(arguments: list[Term], span: Span, config: RepoConfig) -> Table:
    """`table(name, opts \\\\ [])`."""
    if not 1 <= len(arguments) <= 2:
        raise Unfinished(f"`table/{len(arguments)}`")
    options = options_of(arguments[1] if len(arguments) > 1 else None, "table/2", span)
    name = table_name(arguments[0], "table/2", span)
    keys: tuple[str, ...] = ("name", "prefix", "comment", "primary_key", "engine", "options")
    if config.ecto_sql is None or config.ecto_sql >= (3, 14):
        keys = (*keys, "modifiers")
    fields = _Fields("Table", keys, options, span, config)
    return Table(
        name=fields.name("name") or name if options.has("name") else name,
        prefix=fields.prefix(config.migration_default_prefix),
        comment=fields.name("comment"),
        primary_key=fields.term("primary_key"),
        options=fields.text("options"),
        modifiers=fields.text("modifiers"),
        options_given=options,
        span=span,
        name_span=arguments[0].span,
    )


def index(arguments: list[Term], span: Span, config: RepoConfig, unique: bool = False) -> Index:
    """`index(table, columns, opts \\\\ [])` and `unique_index`."""
    if not 2 <= len(arguments) <= 3:
        raise Unfinished(f"`index/{len(arguments)}`")
    given = options_of(arguments[2] if len(arguments) > 2 else None, "index/3", span)
    name = table_name(arguments[0], "index/3", span)
    if not isinstance(arguments[1], Atom | ListTerm | Unknown):
        raise no_clause("index/3", span)
    options = given
    if unique:
        options = Options((Option("unique", TRUE, Span(0, 0)), *given.items), given.complete, given.span)
    validate_index_options(options, span)
    keys = (
        *("table", "prefix", "name", "columns", "unique", "concurrently", "using", "include", "only"),
        *("nulls_distinct", "where", "comment", "options"),
    )
    fields = _Fields("Index", keys, options, span, config)
    columns, complete = index_columns(arguments[1])
    return Index(
        table=name,
        columns=columns,
        columns_complete=complete,
        name=fields.name("name") or default_index_name(name, columns, complete, span),
        prefix=fields.prefix(config.migration_default_prefix),
        unique=fields.flag("unique", False),
        concurrently=fields.flag("concurrently", False),
        using=fields.name("using"),
        only=fields.flag("only", False),
        include=index_columns(fields.term("include") or ListTerm(()))[0],
        nulls_distinct=as_bool(fields.term("nulls_distinct")),
        where=fields.text("where"),
        comment=fields.name("comment"),
        options=fields.text("options"),
        options_given=given,
        span=span,
        table_span=arguments[0].span,
    )


def index_columns(term: Term) -> tuple[tuple[IndexColumn, ...], bool]:
    """The columns, and whether they are all of them."""
    if isinstance(term, Unknown):
        return (), False
    items = term.items if isinstance(term, ListTerm) else (term,)
    columns: list[IndexColumn] = []
    complete = True
    for item in items:
        direction: str | None = None
        subject = item
        if isinstance(item, TupleTerm) and len(item.items) == 2 and isinstance(item.items[0], Atom):
            direction, subject = item.items[0].name, item.items[1]
        if isinstance(subject, Atom):
            columns.append(IndexColumn(text=subject.name, direction=direction, span=item.span))
        elif isinstance(subject, Text):
            text = subject.value
            known = Unknown("an expression that is not known", subject.span) if text is None else text
            columns.append(IndexColumn(text=known, expression=True, direction=direction, span=item.span))
        elif isinstance(subject, ListTerm):
            inner, all_known = index_columns(subject)
            columns.extend(inner)
            complete = complete and all_known
        else:
            complete = False
    return tuple(columns), complete


def default_index_name(table: Name, columns: tuple[IndexColumn, ...], complete: bool, span: Span) -> Name:
    """`default_index_name/1`.

    Its pattern has no `u` flag, so that a letter beyond ASCII loses some of its bytes, and what is left is
    no atom (measured: ecto_sql 3.13 and 3.14 on Erlang/OTP 25).
    """
    parts = [table, *(column.text for column in columns), "index"]
    if not complete or any(isinstance(part, Unknown) for part in parts):
        return Unknown("the default name of an index that is not known", span)
    named = [_NOT_WORD.sub(b"_", str(part).encode("utf-8", "replace")).rstrip(b"_") for part in parts]
    try:
        return b"_".join(named).decode()
    except UnicodeDecodeError:
        message = "errors were found at the given arguments:\n\n  * 1st argument: invalid UTF8 encoding\n"
        raise Refused("ArgumentError", message, span) from None


def constraint(arguments: list[Term], span: Span, config: RepoConfig) -> Constraint:
    """`constraint(table, name, opts \\\\ [])`."""
    if not 2 <= len(arguments) <= 3:
        raise Unfinished(f"`constraint/{len(arguments)}`")
    options = options_of(arguments[2] if len(arguments) > 2 else None, "constraint/3", span)
    table = table_name(arguments[0], "constraint/3", span)
    keys = ("name", "table", "check", "exclude", "prefix", "comment", "validate")
    fields = _Fields("Constraint", keys, options, span, config)
    name = name_of(options.get("name") or arguments[1])
    return Constraint(
        table=table,
        name=Unknown("a constraint without a name", span) if name is None else name,
        check=fields.text("check"),
        exclude=fields.text("exclude"),
        prefix=fields.prefix(config.migration_default_prefix),
        comment=fields.name("comment"),
        validate=fields.validated(),
        options_given=options,
        span=span,
        table_span=arguments[0].span,
    )


def references(arguments: list[Term], span: Span, config: RepoConfig) -> Reference:
    """`references(table, opts \\\\ [])`, with `foreign_key_repo_opts/0` merged in."""
    if not 1 <= len(arguments) <= 2:
        raise Unfinished(f"`references/{len(arguments)}`")
    given = options_of(arguments[1] if len(arguments) > 1 else None, "references/2", span)
    table = table_name(arguments[0], "references/2", span)
    primary = config.migration_primary_key
    repo = Options() if isinstance(primary, bool) else _only(primary, "type")
    options = merged(merged(repo, config.migration_foreign_key), given)
    keys = (
        *("name", "prefix", "table", "column", "type", "on_delete", "on_update", "validate", "with", "match"),
        "options",
    )
    fields = _Fields("Reference", keys, options, span, config)
    on_delete = fields.term("on_delete") or Atom("nothing")
    on_update = fields.term("on_update") or Atom("nothing")
    _check_on_delete(on_delete, span)
    if not isinstance(on_update, Unknown) and as_name(on_update) not in _ON_UPDATE:
        raise Refused("ArgumentError", f"unknown :on_update value: {inspect(on_update)}", span)
    match = fields.term("match")
    prefix = given.get("prefix")
    return Reference(
        table=table,
        name=fields.name("name"),
        prefix=name_of(prefix),
        prefix_given=prefix is not None and not unknown_prefix(prefix),
        column=fields.name("column") or "id",
        type=fields.term("type") or Atom("bigserial"),
        on_delete=on_delete,
        on_update=on_update,
        validate=fields.validated(),
        with_columns=_pairs(fields.term("with")),
        match=as_name(match),
        options_given=given,
        span=span,
        table_span=arguments[0].span,
    )


_ON_DELETE = ("nothing", "delete_all", "nilify_all", "default_all", "restrict")
_ON_UPDATE = ("nothing", "update_all", "nilify_all", "restrict")


def _check_on_delete(value: Term, span: Span) -> None:
    if isinstance(value, Unknown) or (isinstance(value, Atom) and value.name in _ON_DELETE):
        return
    if isinstance(value, TupleTerm) and len(value.items) == 2 and isinstance(value.items[0], Atom):
        kind, columns = value.items[0], value.items[1]
        if kind.name in ("nilify", "default") and isinstance(columns, ListTerm | Unknown):
            if isinstance(columns, Unknown) or all(isinstance(c, Atom | Unknown) for c in columns.items):
                return
            message = (
                f"expected `columns` in `{{{inspect(kind)}, columns}}` to be a list of atoms, "
                f"got: {inspect(columns)}"
            )
            raise Refused("ArgumentError", message, span)
    raise Refused("ArgumentError", f"unknown :on_delete value: {inspect(value)}", span)


def _pairs(term: Term | None) -> tuple[tuple[Name, Name], ...]:
    if not isinstance(term, ListTerm):
        return ()
    pairs: list[tuple[Name, Name]] = []
    for item in term.items:
        if isinstance(item, TupleTerm) and len(item.items) == 2:
            one, other = (name_of(part) for part in item.items)
            pairs.append((one or "nil", other or "nil"))
        else:
            pairs.append((Unknown("a pair of columns", item.span), Unknown("a pair of columns", item.span)))
    return tuple(pairs)


def _only(options: Options, *keys: str) -> Options:
    """`Keyword.take/2`."""
    return Options(tuple(item for item in options if item.key in keys), options.complete, options.span)


def implied_primary_key(table: Table, config: RepoConfig) -> tuple[str, Term, Options] | Unknown | None:
    """`__primary_key__/1`: name, type and options of the column that `create table` adds by itself."""
    given = table.primary_key
    if given is None or as_bool(given) is True:
        repo = config.migration_primary_key
        if isinstance(repo, bool):
            return None if repo is False else _key(Options(), table.span)
        return _key(repo, table.span)
    if as_bool(given) is False:
        return None
    if isinstance(given, Unknown):
        return given
    if isinstance(given, ListTerm):
        return _key(to_options(given), table.span)
    message = ":primary_key option must be either a boolean or a keyword list of options"
    raise Refused("ArgumentError", message, table.span)


def _key(options: Options, span: Span) -> tuple[str, Term, Options] | Unknown:
    """`pk_opts_to_tuple/1`."""
    if not options.complete:
        return Unknown("options of a primary key that are not known", options.span)
    name = options.get("name") or Atom("id", span)
    kind = options.get("type") or Atom("bigserial", span)
    if not isinstance(name, Atom):
        return Unknown("the name of a primary key", name.span)
    return name.name, kind, options.put("primary_key", TRUE).without("name", "type")
