"""Where tables and columns are named: for hover, definition and references."""
