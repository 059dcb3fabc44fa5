"""The canonical migration templates, each a readable `.exs` file with placeholders."""
