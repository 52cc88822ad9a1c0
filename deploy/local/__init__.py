"""The platform on one Linux machine: PostgreSQL, NATS, issuer and services as child processes.

No service imports anything from here.
"""
