"""The canonical migration templates, each a readable `.exs` file with placeholders.

for template in templates():
    body = template.body_for(Context(where="file", module="MyApp.Repo.Migrations.AddStatusToPosts"))
    if body is not None:
        body.snippet, body.text      # in the LSP's snippet grammar, and plain with the defaults filled in
"""

from .loader import templates
from .template import Body, Context, Template

__all__ = ["Body", "Context", "Template", "templates"]
