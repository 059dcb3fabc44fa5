"""A migration tried on a throwaway PostgreSQL: what it really locks, scans and rewrites, and the way back.

    history   what the migrations before it send, run on an empty database
    rows      rows for the tables that it touches
    cycle     migrate, rollback, migrate, rollback, migrate; each statement observed
    compare   what was seen beside what the analysis claims

psycopg is imported by this package alone, which the command imports when it runs.
"""
