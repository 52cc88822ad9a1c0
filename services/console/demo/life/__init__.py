"""The life of one case, from acceptance to closing, one module a part of it.

Every step looks first whether it is done already, so that a case that was left half-way goes on.
"""
