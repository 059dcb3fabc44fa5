"""`schema "posts" do … end`: what the application believes about its tables.

Read by the evaluator, with loops over literal lists and module attributes; nothing is run. Defaults are those
of `Ecto.Schema` (3.12) and, for the names of constraints, of `Ecto.Changeset`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ..operations import Relation
from ..program.evaluator import Evaluator
from ..program.modules import read_modules
from ..program.scope import Call, Module, Scope
from ..program.terms import (
    NIL,
    Atom,
    ListTerm,
    Options,
    Term,
    TupleTerm,
    Unknown,
    as_bool,
    as_name,
)
from ..program.values import to_options
from ..records import replace
from ..syntax.source import Source
from ..syntax.span import Place, Span
from ..syntax.tree import Node, parse
from .ecto_constraints import changeset, named_constraints
from .ecto_schema_model import EctoSchema, NamedConstraint, SchemaAssociation, SchemaField, SchemaFile
from .terms import MAX_STEPS, is_local_call

# A file that cannot hold one is not parsed.
MENTIONS = re.compile(rb"\bschema[\s(]|_constraint[\s(]")

# What `use MyApp.Schema` sets: attributes by name; None where the module is not known.
Defaults = Callable[[str], "Mapping[str, Term] | None"]


def read_schemas(data: bytes, path: str, defaults: Defaults | None = None) -> SchemaFile:
    """The schemas that a file defines. Never raises.

    `defaults` answers what a module sets in those that use it (`@primary_key` and its like).
    """
    boots = b"Application" in data and (b"Ecto.Migrator" in data or b"Release.migrate" in data)
    if not boots and MENTIONS.search(data) is None:
        return SchemaFile()
    evaluator = Evaluator(steps=MAX_STEPS)
    modules = read_modules(parse(Source(data, path)).root, evaluator)
    schemas: list[EctoSchema] = []
    loose: list[NamedConstraint] = []
    boot: Place | None = None
    for module in modules.values():
        if boots and boot is None and any(used == "Application" for used, _, _ in module.uses):
            boot = _boot(module.node, path)
        block = module.node.child("do_block")
        if block is None:
            continue
        found = [_schema(module, modules, statement, path, defaults) for statement in block.children]
        own = next((item for item in found if item is not None), None)
        named = tuple(named_constraints(module, modules, block, path, own))
        if own is not None:
            schemas.append(replace(own, constraints=named, changeset=changeset(block, path)))
        else:
            loose += named
    return SchemaFile(tuple(schemas), tuple(loose), boot)


def _boot(module: Node, path: str) -> Place | None:
    """`{Ecto.Migrator, …}` among the children, or a call that migrates, in an application's module."""
    for node in module.walk():
        if node.kind == "alias" and node.text == "Ecto.Migrator":
            return Place(path, node.span)
        if node.kind == "dot" and node.text.endswith("Release.migrate"):
            return Place(path, node.span)
    return None


def used_defaults(data: bytes) -> dict[str, dict[str, Term]]:
    """The attributes that `__using__` of each module of a file sets in the modules that use it."""
    evaluator = Evaluator(steps=MAX_STEPS)
    found: dict[str, dict[str, Term]] = {}
    for module in read_modules(parse(Source(data)).root, evaluator).values():
        attributes: dict[str, Term] = {}
        for node in module.node.walk():
            if not is_local_call(node, "defmacro") or not _defines(node, "__using__"):
                continue
            for inner in node.walk():
                named = _attribute(inner)
                if named is not None:
                    scope = Scope({}, module, module.attributes(node.start))
                    attributes[named[0]] = evaluator.value(named[1], scope)
        if attributes:
            found[module.name] = attributes
    return found


def _attribute(node: Node) -> tuple[str, Node] | None:
    """`@name value`."""
    if node.kind != "unary_operator" or node.operator != "@" or not node.children:
        return None
    call = node.children[0]
    arguments = call.child("arguments") if call.kind == "call" else None
    if arguments is None or len(arguments.children) != 1:
        return None
    return call.children[0].text, arguments.children[0]


def _defines(node: Node, name: str) -> bool:
    arguments = node.child("arguments")
    return arguments is not None and bool(arguments.children) and is_local_call(arguments.children[0], name)


class _FieldReader(Evaluator):
    """Runs the block of a schema and notes what it declares."""

    def __init__(self, modules: dict[str, Module], path: str, settings: Mapping[str, Term]) -> None:
        super().__init__(modules, MAX_STEPS)
        self.source_path = path
        self.settings = settings
        self.fields: list[SchemaField] = []
        self.associations: list[SchemaAssociation] = []
        self.keys: list[str] = []
        self.complete = True

    def imported(self, call: Call, scope: Scope) -> Term | None:
        declare = _DECLARATIONS.get(call.name)
        if declare is None:
            return None
        arguments = [] if call.do_block is not None else self.values(call.arguments, scope)
        if call.do_block is not None:
            # An inline embed: what is in the block are no columns of this table.
            arguments = self.values(call.arguments[:2], scope)
        declare(self, arguments, call.span)
        return NIL

    def unresolved(self, reason: str, call: Call, scope: Scope) -> Term:
        # A macro of the application's own may declare fields.
        self.complete = False
        return Unknown(reason, call.span)

    def uncertain(self, run: Callable[[], Term], repeated: bool = False) -> Term | None:
        self.complete = False
        return super().uncertain(run, repeated)

    def note(self, name: str | None, span: Span, options: Options, **values: object) -> None:
        """A column, unless it is virtual."""
        if name is None:
            self.complete = False
            return
        if as_bool(options.get("virtual")) is True:
            return
        column = as_name(options.get("source")) or name
        if as_bool(options.get("primary_key")) is True:
            self.keys.append(column)
        self.fields.append(
            SchemaField(
                name=name,
                column=column,
                loaded=as_bool(options.get("load_in_query")) is not False,
                place=Place(self.source_path, span),
                **values,  # type: ignore[arg-type]
            )
        )

    def field(self, arguments: list[Term], span: Span) -> None:
        type_ = arguments[1] if len(arguments) > 1 else Atom("string")
        options = to_options(arguments[2] if len(arguments) > 2 else None)
        name = as_name(arguments[0]) if arguments else None
        self.note(name, span, options, type=_type_name(type_), values=_enum_values(type_, options))

    def belongs_to(self, arguments: list[Term], span: Span) -> None:
        name = as_name(arguments[0]) if arguments else None
        options = to_options(arguments[2] if len(arguments) > 2 else None)
        self.association("belongs_to", arguments, span)
        if name is None:
            self.complete = False
        elif as_bool(options.get("define_field")) is not False:
            type_ = options.get("type") or self.settings.get("foreign_key_type") or Atom("id")
            foreign_key = as_name(options.get("foreign_key")) or f"{name}_id"
            self.note(foreign_key, span, options, made_by="belongs_to", type=_type_name(type_))

    def association(self, kind: str, arguments: list[Term], span: Span) -> None:
        name = as_name(arguments[0]) if arguments else None
        if name is None:
            return
        related = arguments[1] if len(arguments) > 1 else None
        options = to_options(arguments[2] if len(arguments) > 2 else None)
        target = as_name(related) if related is not None else None
        if kind == "many_to_many":
            target = as_name(options.get("join_through"))
        self.associations.append(
            SchemaAssociation(kind=kind, name=name, related=target, place=Place(self.source_path, span))
        )

    def embeds(self, arguments: list[Term], span: Span) -> None:
        options = to_options(arguments[-1] if len(arguments) > 2 else None)
        name = as_name(arguments[0]) if arguments else None
        self.note(name, span, options, made_by="embeds", type=":map")

    def timestamps(self, arguments: list[Term], span: Span) -> None:
        stated = to_options(arguments[0] if arguments else None)
        general = to_options(self.settings.get("timestamps_opts"))
        if not stated.complete or not general.complete:
            self.complete = False
        type_ = stated.get("type") or general.get("type")
        type_ = type_ or self.settings.get("timestamps_type") or Atom("naive_datetime")
        for key in ("inserted_at", "updated_at"):
            value = stated.get(key) or general.get(key) or Atom(key)
            if as_bool(value) is False:
                continue
            name = as_name(value)
            source = as_name(stated.get(f"{key}_source") or general.get(f"{key}_source"))
            if name is None:
                self.complete = False
                continue
            self.fields.append(
                SchemaField(
                    name=name,
                    column=source or name,
                    made_by="timestamps",
                    type=_type_name(type_),
                    place=Place(self.source_path, span),
                )
            )


_DECLARATIONS: dict[str, Callable[[_FieldReader, list[Term], Span], None]] = {
    "field": _FieldReader.field,
    "belongs_to": _FieldReader.belongs_to,
    "timestamps": _FieldReader.timestamps,
    "embeds_one": _FieldReader.embeds,
    "embeds_many": _FieldReader.embeds,
    "has_many": lambda reader, arguments, span: reader.association("has_many", arguments, span),
    "has_one": lambda reader, arguments, span: reader.association("has_one", arguments, span),
    "many_to_many": lambda reader, arguments, span: reader.association("many_to_many", arguments, span),
}


def _schema(
    module: Module, modules: dict[str, Module], node: Node, path: str, defaults: Defaults | None
) -> EctoSchema | None:
    """The schema that a statement of the module's body declares."""
    if not is_local_call(node, "schema"):
        return None
    block, arguments = node.child("do_block"), node.child("arguments")
    if block is None or arguments is None or not arguments.children:
        return None
    settings: dict[str, Term] = {}
    # A module that says `use Ecto.Schema` itself sets the attributes itself.
    known = any(used == "Ecto.Schema" for used, _, _ in module.uses)
    for used, _, _ in module.uses:
        found = defaults(used) if defaults is not None and used != "Ecto.Schema" else None
        settings.update(found or {})
        known = known or found is not None
    if not known:
        # What some module of a library sets: the key's name and the types are not known.
        unknown = Unknown("set by a module that is used")
        settings = {"primary_key": unknown, "foreign_key_type": unknown, "timestamps_type": unknown}
    attributes = module.attributes(node.start)
    for name in ("primary_key", "foreign_key_type", "schema_prefix", "timestamps_opts"):
        own = attributes.get(name)
        if own is not None:
            settings[name] = own
    reader = _FieldReader(modules, path, settings)
    scope = Scope({}, module, attributes)
    source = as_name(reader.value(arguments.children[0], scope))
    if source is None:
        return None
    _primary_key(reader, arguments.children[0].span)
    _run(reader, block, scope)
    return EctoSchema(
        module=module.name,
        table=Relation(source, as_name(settings.get("schema_prefix"))),
        fields=tuple(reader.fields),
        associations=tuple(reader.associations),
        primary_key=tuple(reader.keys),
        complete=reader.complete,
        place=Place(path, node.span),
    )


def _run(reader: _FieldReader, block: Node, scope: Scope) -> None:
    for statement in block.children:
        value = reader.value(statement, scope)
        if isinstance(value, Unknown):
            reader.complete = False


def _primary_key(reader: _FieldReader, span: Span) -> None:
    """`@primary_key`, by default `{:id, :id, autogenerate: true}`; nothing where it is not known."""
    value = reader.settings.get("primary_key", TupleTerm((Atom("id"), Atom("id"))))
    if as_bool(value) is False:
        return
    if not isinstance(value, TupleTerm) or len(value.items) < 2:
        return
    name = as_name(value.items[0])
    options = to_options(value.items[2] if len(value.items) > 2 else None)
    if name is None:
        return
    column = as_name(options.get("source")) or name
    reader.keys.append(column)
    reader.fields.append(
        SchemaField(
            name=name,
            column=column,
            made_by="primary key",
            type=_type_name(value.items[1]),
            place=Place(reader.source_path, span),
        )
    )


def _type_name(term: Term) -> str | None:
    """`:string`, `Ecto.Enum`, `{:array, :string}`; None for what is not a plain type."""
    if isinstance(term, Atom):
        return term.name if term.is_module else f":{term.name}"
    if isinstance(term, TupleTerm) and len(term.items) == 2:
        parts = [_type_name(item) for item in term.items]
        if None not in parts:
            return f"{{{parts[0]}, {parts[1]}}}"
        return parts[0]
    return None


def _enum_values(type_: Term, options: Options) -> tuple[str, ...]:
    """The values of `Ecto.Enum` as strings in the database; empty where they are numbers or not known."""
    if isinstance(type_, TupleTerm) and len(type_.items) == 2:
        return _enum_values(type_.items[1], options)
    values = options.get("values")
    if as_name(type_) != "Ecto.Enum" or not isinstance(values, ListTerm):
        return ()
    found: list[str] = []
    for item in values.items:
        value = item.items[1] if isinstance(item, TupleTerm) and len(item.items) == 2 else item
        name = as_name(value)
        if name is None:
            return ()
        found.append(name)
    return tuple(found)
