"""The intelligence service on PostgreSQL and NATS."""
