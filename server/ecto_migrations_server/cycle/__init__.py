"""Rolling a migration back and forth with the project's own mix: what is run, how it ended, and why not.

It runs the user's code. So it is started by the command line alone, which says first what it will run and
asks; never in MIX_ENV=prod, and not on a database that is elsewhere.
"""
