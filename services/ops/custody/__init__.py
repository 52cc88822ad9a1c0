"""The arrest and the hand-over to custody with its two signatures."""
