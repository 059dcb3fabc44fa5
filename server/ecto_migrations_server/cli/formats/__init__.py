"""How results are written: one module per command and format."""
