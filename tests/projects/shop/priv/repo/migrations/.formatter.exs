[import_deps: [:ecto_sql]]
