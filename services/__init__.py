"""The services: each owns its data, and no service imports another."""
