"""The demonstration: a real day replayed, one case led from the call to its closing, all checked.

It is a client like any other: it knows the protos and the addresses, and no database.
"""
