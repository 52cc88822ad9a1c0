"""Where the areas of operations put their tables, for Alembic and for the tests that compare."""

import sqlalchemy as sa

METADATA = sa.MetaData()
