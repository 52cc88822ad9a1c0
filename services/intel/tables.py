"""Where the areas of the intelligence service put their tables, for Alembic and for the tests."""

import sqlalchemy as sa

METADATA = sa.MetaData()
