"""The parts of the migration report in Markdown, and the report on a release."""
