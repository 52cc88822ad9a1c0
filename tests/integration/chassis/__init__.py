"""The chassis against the real things it talks to."""
