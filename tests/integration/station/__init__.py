"""The station service on PostgreSQL and NATS."""
