"""Where the areas of the technical service put their tables, for Alembic and for the tests."""

import sqlalchemy as sa

METADATA = sa.MetaData()
