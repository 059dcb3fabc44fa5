"""The command line: one module per subcommand, one per output format (`formats`). Never imports pygls."""
