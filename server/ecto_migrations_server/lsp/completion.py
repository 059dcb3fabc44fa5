"""textDocument/completion: the canonical migration templates, where one of them may stand.

In the arguments of a call `completion_names` answers. Nothing else: `def`, `use` and the functions of
`Ecto.Migration` come from the Elixir server beside this one.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import PurePath

from ecto_migrations_analysis.fixes.naming import camelize
from ecto_migrations_analysis.project.context import ProjectContext
from ecto_migrations_analysis.syntax.span import Span
from ecto_migrations_snippets import Body, Context, Template, templates
from lsprotocol import types

from ..new_migration import module_namespace, needs_lock_disabled
from . import convert
from .completion_argument import locate_argument
from .completion_names import argument_items
from .completion_place import Caret, locate
from .documents import Document
from .index import NOTHING
from .session import Session

# A name begins with them: `table(:`, `table("`.
OPTIONS = types.CompletionOptions(trigger_characters=[":", '"'], resolve_provider=False)

# Typing goes on meanwhile, but an editor shows nobody's items before all servers have answered.
_PATIENCE_SECONDS = 0.25

_USE = re.compile(r"^([ \t]*)use[ \t(][^\r\n]*", re.MULTILINE)
_MODULE = re.compile(r"^[ \t]*defmodule\b", re.MULTILINE)
_FILE_NAME = re.compile(r"\d+_(?P<name>\w+)\.exs")


async def completion(ls: Session, params: types.CompletionParams) -> types.CompletionList | None:
    document = ls.migration(params.text_document.uri)
    if document is None:
        return None
    offset = convert.offset(document.source, params.position)
    data = document.source.data
    at = len(data[:offset].decode())
    caret = locate(data.decode(), at)
    argument = locate_argument(data.decode(), at) if caret is None else None
    if caret is None and argument is None:
        return None
    # Where nothing is known by then, the client asks again with the next character.
    known = await ls.index.ready(document, _PATIENCE_SECONDS)
    if caret is None:
        items = argument_items(ls.analysis(document), document, ls.client, argument) if argument else []
        return types.CompletionList(is_incomplete=not known, items=items)
    project = ls.index.context(document) or NOTHING
    context = _context(caret, document, project)
    items = [
        _item(ls, document, caret, template, body, number)
        for number, template in enumerate(templates())
        if (body := template.body_for(context)) is not None
    ]
    return types.CompletionList(is_incomplete=not known, items=items)


def _context(caret: Caret, document: Document, project: ProjectContext) -> Context:
    module = namespace = None
    if caret.fresh is not None:
        namespace = module_namespace(project)
        module = caret.fresh.module or _module(document, namespace)
    return Context(
        where=caret.where,
        module=module,
        namespace=namespace,
        callback=caret.callback,
        disable_migration_lock=needs_lock_disabled(project),
        lock_timeout=project.settings.lock_timeout,
        batch_size=project.settings.backfill_batch_size,
    )


def _module(document: Document, namespace: str | None) -> str | None:
    """The name that `mix ecto.gen.migration` gives the module of a file with this name."""
    name = _FILE_NAME.fullmatch(PurePath(document.path).name) if document.path else None
    if name is None or namespace is None:
        return None
    return f"{namespace}.{camelize(name['name'])}"


def _item(
    ls: Session, document: Document, caret: Caret, template: Template, body: Body, number: int
) -> types.CompletionItem:
    client = ls.client
    use = caret.fresh.use if caret.fresh is not None else None
    as_used = partial(_with_use, use=use)
    if client.snippets:
        # The editor indents the lines behind the first like the line that they are put into.
        new_text = as_used(body.snippet)
    else:
        new_text = as_used(body.text).replace("\n", "\n" + _indentation(caret, document))
    preview = as_used(body.text)
    if client.markdown_completion:
        documentation: str | types.MarkupContent = types.MarkupContent(
            kind=types.MarkupKind.Markdown, value=f"{template.description}\n\n```elixir\n{preview}\n```"
        )
    else:
        documentation = f"{template.description}\n\n{preview}"
    return types.CompletionItem(
        label=template.name,
        label_details=types.CompletionItemLabelDetails(description=convert.SOURCE)
        if client.label_details
        else None,
        kind=types.CompletionItemKind.Snippet,
        detail=template.title,
        documentation=documentation,
        # In a file with nothing in it there is nothing more likely. Elsewhere `add` means the function first.
        sort_text=f"{'0' if caret.fresh is not None else '~'}{number:02}",
        insert_text_format=types.InsertTextFormat.Snippet
        if client.snippets
        else types.InsertTextFormat.PlainText,
        text_edit=types.TextEdit(range=_word_range(caret, document), new_text=new_text),
        additional_text_edits=_additional_edits(caret, document, body) or None,
    )


def _with_use(text: str, use: str | None) -> str:
    return text.replace("use Ecto.Migration\n", f"use {use}\n") if use else text


def _byte_span(document: Document, start: int, end: int) -> Span:
    text = document.source.data.decode()
    first = len(text[:start].encode())
    return Span(first, first + len(text[start:end].encode()))


def _word_range(caret: Caret, document: Document) -> types.Range:
    span = _byte_span(document, caret.before, caret.before + len(caret.word))
    return convert.text_range(document.source, span)


def _indentation(caret: Caret, document: Document) -> str:
    if caret.fresh is not None:
        return ""
    text = document.source.data.decode()
    return text[text.rfind("\n", 0, caret.before) + 1 : caret.before]


def _additional_edits(caret: Caret, document: Document, body: Body) -> list[types.TextEdit]:
    """What changes beside the word at the caret: the rest of a fresh file, or the attributes a body needs."""
    text = document.source.data.decode()
    if caret.fresh is not None:
        return [
            types.TextEdit(convert.text_range(document.source, _byte_span(document, *span)), "")
            for span in _rest_of(caret, text)
            if span[0] < span[1]
        ]
    missing = [attribute for attribute in body.attributes if attribute not in text]
    uses = list(_USE.finditer(text, 0, caret.before))
    if not missing or not uses:
        return []
    indentation = uses[-1][1]
    lines = "".join(f"\n{indentation}{attribute}" for attribute in missing)
    place = convert.text_range(document.source, _byte_span(document, uses[-1].end(), uses[-1].end()))
    return [types.TextEdit(place, f"\n{lines}")]


def _rest_of(caret: Caret, text: str) -> tuple[tuple[int, int], ...]:
    """What stands before and behind the word in a fresh file: its module. A comment above it stays."""
    start = _MODULE.search(text)
    if start is None:
        return ()
    # The file's last line end stays too, behind the template.
    return (start.start(), caret.before), (caret.before + len(caret.word), len(text.rstrip()))
