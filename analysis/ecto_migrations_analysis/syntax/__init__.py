"""Text, spans, lines and the syntax tree. Knows Elixir's grammar, nothing of Ecto."""
