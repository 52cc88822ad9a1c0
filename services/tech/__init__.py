"""Technical squad: exhibits with their custody chain, and examinations."""
