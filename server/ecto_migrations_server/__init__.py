"""Everything that faces a client: the language server (`lsp`) and the command line (`cli`)."""
