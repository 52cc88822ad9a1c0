"""Graded products: the result that crosses the border of the squad."""
