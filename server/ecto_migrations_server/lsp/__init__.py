"""The language server: one module per feature, `convert` between analysis and LSP types, `server` wires."""
