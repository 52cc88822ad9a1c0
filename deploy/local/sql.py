"""The few scripts, in the words of psql, that prepare databases for the services."""

import re

from deploy.local.errors import LocalError

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")

# \gexec runs what the query returns: CREATE DATABASE knows no IF NOT EXISTS.
CREATE_DATABASE = r"""
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE %I', :'name', :'owner', :'template')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', :'name') \gexec
"""
DROP_DATABASE = r"""
SELECT format('DROP DATABASE IF EXISTS %I WITH (FORCE)', :'name') \gexec
"""
CREATE_ROLE = r"""
SELECT format('CREATE ROLE %I LOGIN', :'name')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
SELECT format('ALTER ROLE %I PASSWORD %L', :'name', :'password') \gexec
"""


def checked(name: str) -> str:
    """Return a name of a role or database that needs no quoting.

    Raises:
        LocalError: It is anything else.
    """
    if _NAME.fullmatch(name) is None:
        sentence = f"{name!r} is no name for a database: use a-z, 0-9 and _."
        raise LocalError(sentence)
    return name
