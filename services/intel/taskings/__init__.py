"""What the station asked of the intelligence squad, from receipt to answer."""
