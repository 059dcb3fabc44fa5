"""Pure analysis of Ecto migrations: text in, findings and fixes out.

Knows no editor, no terminal and no protocol. All positions are byte offsets into the UTF-8 source
(`syntax.span.Span`); whoever faces a client converts them once, through `syntax.lines.LineIndex`.
"""
