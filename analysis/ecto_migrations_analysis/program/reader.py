"""Reads a file of migrations: what each of them runs, in both directions.

An abstract interpreter: the code is run with the values that the text tells (`evaluator`), the commands of
`Ecto.Migration` go through a model of Ecto's queue (`runner`), and everything else that runs is noted where
it stands. Nothing here raises on any text, and the work is bounded.

What Ecto calls (`Ecto.Migrator.do_up`, `do_down`, `attempt`): forward `up/0`, else `change/0`; backward
`down/0`, else `change/0` with the queue reversed. In a transaction `after_begin/0` and `before_commit/0` run
around it, the queue being flushed after each (`Ecto.Migration.Runner.perform_operation`).

Decisions where the text leaves room:

- A migration is a module that says `use Ecto.Migration`, or `use` of another module whose last name is
  `Migration` (projects wrap it), or that lies in a folder of migrations and has `change/0`, `up/0` or
  `down/0`.
- `prefix/0` is unknown in strings and the same as no prefix in `table(…, prefix: prefix())`: for `nil`, Ecto
  puts the migrator's own prefix there.
- A program ends where Ecto or Elixir certainly raises. What waits in the queue then never runs.
- What a function given to `execute` queues runs at the next flush, and never where none follows: after the
  last callback Ecto flushes once. `Execute.unflushed` holds those commands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ..project.context import RepoConfig
from ..records import dataclass, replace
from ..syntax.source import Source
from ..syntax.span import Span
from ..syntax.tree import Node, Tree, parse
from .checks import Unfinished
from .commands import ApplicationCode, Command, Execute, UnknownCode
from .evaluator import MAX_STEPS, Evaluator
from .interpreter import Interpreter, Misplaced
from .migration import (
    Attribute,
    Callback,
    Direction,
    Irreversible,
    Migration,
    OtherAttribute,
    OutsideRead,
    Program,
)
from .modules import read_modules
from .rollback import reverse
from .scope import Call, Exhausted, FunctionClause, Module, Raised
from .terms import FunctionTerm, as_bool

_CALLBACKS = ("change", "up", "down", "after_begin", "before_commit")
_FLAGS = ("disable_ddl_transaction", "disable_migration_lock")
# Adapters without transactional DDL: Ecto never opens a transaction around their migrations.
_NO_DDL_TRANSACTION = frozenset({"Ecto.Adapters.MyXQL", "Ecto.Adapters.SQLite3"})


Files: TypeAlias = "Callable[[str], str | None]"


@dataclass(frozen=True, slots=True)
class ReadFile:
    """`broken` are the smallest statements around what did not parse."""

    migrations: tuple[Migration, ...]
    broken: tuple[Span, ...] = ()


def read(
    source: Source, config: RepoConfig | None = None, files: Files | None = None, rollback: bool = True
) -> ReadFile:
    """Every migration of `source`, run with the repo configuration `config`. Never raises.

    `files` answers the text of a file by its path from the project's root, or None (`execute_file`,
    `File.read!`). Without `rollback` the way back is left out: `Migration.down` is None.
    """
    return read_tree(parse(source), source.path, config or RepoConfig(), files, rollback)


def read_tree(
    tree: Tree, path: str | None, config: RepoConfig, files: Files | None = None, rollback: bool = True
) -> ReadFile:
    """`read` for a text that is parsed already."""
    # Enough to run all that is written once, loops of a common size included.
    steps = MAX_STEPS + len(tree.root.data)
    evaluator = Evaluator(steps=steps)
    evaluator.path = path
    modules = read_modules(tree.root, evaluator)
    broken = tree.broken()
    migrations = [
        _migration(module, modules, config, broken, steps, files, rollback, path, tuple(evaluator.outside))
        for module in modules.values()
        if _is_migration(module, path)
    ]
    return ReadFile(tuple(migrations), broken)


def _is_migration(module: Module, path: str | None) -> bool:
    if any(_uses_migration(name, argument) for name, _, argument in module.uses):
        return True
    if path is None or "migrations" not in path.replace("\\", "/"):
        return False
    return any(module.exports(name) for name in ("change", "up", "down"))


def _uses_migration(name: str, argument: str | None) -> bool:
    return name.rpartition(".")[2] in ("Migration", "Migrations") or argument == "migration"


def _migration(
    module: Module,
    modules: dict[str, Module],
    config: RepoConfig,
    broken: tuple[Span, ...],
    steps: int,
    files: Files | None,
    rollback: bool,
    path: str | None,
    outside: tuple[OutsideRead, ...],
) -> Migration:
    use = next((node for name, node, argument in module.uses if _uses_migration(name, argument)), None)
    transaction = _flag(module, "disable_ddl_transaction")
    reader = _ProgramReader(module, modules, config, transaction.value, steps, files, path)
    name_node = module.name_node or module.node
    up = reader.program("up")
    return Migration(
        module=module.name,
        span=module.node.span,
        name_span=name_node.span,
        use_span=use.span if use else Span(module.node.start, module.node.start),
        callbacks=_callbacks(module),
        disable_ddl_transaction=transaction,
        disable_migration_lock=_flag(module, "disable_migration_lock"),
        other_attributes=tuple(
            OtherAttribute(name=name, value=as_bool(values[-1][1]), span=module.attribute_spans[name])
            for name, values in module.history.items()
            if name not in _FLAGS
        ),
        up=up,
        down=reader.program("down") if rollback else None,
        outside=(
            *(read for read in outside if module.node.span.encloses(read.span)),
            *reader.outside,
        ),
        broken=tuple(span for span in broken if module.node.span.encloses(span)),
    )


def _flag(module: Module, name: str) -> Attribute:
    value = module.attributes().get(name)
    if value is None:
        return Attribute()
    span = module.attribute_spans.get(name)
    use = next((node for used, node, _ in module.uses if used == "Ecto.Migration"), None)
    if use is not None and span is not None and span.end <= use.start:
        return Attribute(span=span, reset=True)
    return Attribute(value=as_bool(value), span=span)


def _callbacks(module: Module) -> dict[str, Callback]:
    found: dict[str, Callback] = {}
    for name in _CALLBACKS:
        for clause in module.clauses(name, 0):
            if clause.public and name not in found:
                found[name] = Callback(
                    name=name, span=clause.node.span, name_span=clause.head.span, body=_body(clause)
                )
    return found


def _body(clause: FunctionClause) -> Span:
    """Between `do` and `end`, or the expression behind `do:`."""
    block = clause.node.child("do_block")
    if block is not None:
        closed = block.data[block.end - 3 : block.end] == b"end"
        return Span(block.start + 2, block.end - 3 if closed else block.end)
    nodes: list[Node] = clause.sections.get("do", [])
    return nodes[0].span.union(nodes[-1].span) if nodes else Span(clause.node.end, clause.node.end)


class _ProgramReader:
    """Runs one migration in a direction."""

    def __init__(
        self,
        module: Module,
        modules: dict[str, Module],
        config: RepoConfig,
        transaction_disabled: bool | None,
        steps: int,
        files: Files | None,
        path: str | None,
    ) -> None:
        self.files = files
        self.path = path
        self.module = module
        self.modules = modules
        self.config = config
        self.steps = steps
        self.in_transaction: bool | None = None if transaction_disabled is None else not transaction_disabled
        if config.adapter in _NO_DDL_TRANSACTION:
            self.in_transaction = False
        # What migrating asks the environment.
        self.outside: tuple[OutsideRead, ...] = ()

    def program(self, direction: Direction) -> Program | None:
        """None where Ecto has nothing to call."""
        callback = direction if self.module.exports(direction) else "change"
        if not self.module.exports(callback):
            return self._injected(direction)
        interpreter = Interpreter(self.modules, self.config, direction, self.steps)
        interpreter.migration = self.module
        interpreter.files = self.files
        interpreter.path = self.path
        interpreter.in_transaction = self.in_transaction
        backward = direction == "down" and callback == "change"
        phases: list[str] = [callback]
        if self.in_transaction is not False:
            phases = [
                name for name in ("after_begin", callback, "before_commit") if self.module.exports(name)
            ]
        ran: list[Command] = []
        irreversible: Irreversible | None = None
        for phase in phases:
            finished = self._phase(interpreter, phase)
            if backward and finished:
                ran.extend(interpreter.runner.done)
                interpreter.runner.done = []
                reversed_phase = _reverse(interpreter, phase)
                ran.extend(reversed_phase.commands)
                irreversible = reversed_phase.irreversible
                if irreversible is not None:
                    break
            elif finished:
                finished = self._flush(interpreter)
            if not finished:
                break
        ran.extend(interpreter.runner.done if not backward or irreversible is None else ())
        commands = _with_unflushed(ran, interpreter) if not backward else tuple(ran)
        if direction == "up":
            self.outside = tuple(interpreter.outside)
        return Program(direction=direction, callback=callback, commands=commands, irreversible=irreversible)

    def _injected(self, direction: Direction) -> Program | None:
        """`use X.Migration` alone: what it defines is not in the file."""
        if any(self.module.exports(name) for name in ("change", "up", "down")):
            return None
        for name, node, argument in self.module.uses:
            if _uses_migration(name, argument) and name != "Ecto.Migration":
                code = ApplicationCode(
                    module=name, function="__using__", arity=1, span=node.span, callback=direction
                )
                return Program(direction=direction, callback=direction, commands=(code,))
        return None

    def _phase(self, interpreter: Interpreter, name: str) -> bool:
        """Runs a callback; whether it came to its end."""
        interpreter.callback = name
        # `after_begin` and `before_commit` run in a transaction only.
        interpreter.always = name not in ("after_begin", "before_commit") or self.in_transaction is True
        clauses = [clause for clause in self.module.clauses(name, 0) if clause.public]
        head = clauses[0].head
        call = Call(name, [], head.span, head)
        return self._bounded(
            interpreter, lambda: interpreter.enter(self.module, clauses, call), clauses[0].node
        )

    def _flush(self, interpreter: Interpreter) -> bool:
        return self._bounded(interpreter, interpreter.flush, self.module.node)

    @staticmethod
    def _bounded(interpreter: Interpreter, run: Callable[[], object], node: Node) -> bool:
        try:
            run()
        except Raised:
            return False
        except Exhausted:
            interpreter.runner.open = None
            interpreter.operands = 0
            interpreter.steps = 1000
            interpreter.now(UnknownCode, node.span, reason="the migration is too long to be followed")
        except (Misplaced, Unfinished, RecursionError):
            interpreter.runner.open = None
            interpreter.operands = interpreter.nested = interpreter.depth = 0
            interpreter.now(UnknownCode, node.span, reason="code nested too deeply")
        return True


def _reverse(interpreter: Interpreter, phase: str) -> Program:
    """The queue of one phase of a rollback, reversed as Ecto does it: the last command first."""
    runner = interpreter.runner
    commands, runner.queue = runner.queue, []
    prepared: list[Command] = []
    for command in reversed(commands):
        if not isinstance(command, Execute) or not isinstance(command.down, FunctionTerm):
            prepared.append(command)
            continue
        raised = False
        try:
            interpreter.run_function(command, command.down, "down_commands")
        except Raised:
            raised = True
        # What the function queues is not run any more: no flush follows but that of `before_commit`.
        lost, runner.queue = tuple(runner.queue), []
        ran = runner.done.pop()
        prepared.append(replace(ran, unflushed=lost) if isinstance(ran, Execute) and lost else ran)
        if raised:
            break
    return reverse(tuple(reversed(prepared)), callback=phase)


def _with_unflushed(ran: list[Command], interpreter: Interpreter) -> tuple[Command, ...]:
    """Gives each `execute` of a function what that queued and no flush ran."""
    commands = list(ran)
    for command in interpreter.runner.queue:
        at = interpreter.runner.queued_by.get(id(command))
        if at is not None and at < len(commands):
            owner = commands[at]
            if isinstance(owner, Execute):
                commands[at] = replace(owner, unflushed=(*owner.unflushed, command))
    return tuple(commands)
