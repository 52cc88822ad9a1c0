"""The platform on one Linux machine: PostgreSQL, NATS, issuer and services as child processes.

Nothing here is imported by a service, and nothing here knows a domain word.
"""
