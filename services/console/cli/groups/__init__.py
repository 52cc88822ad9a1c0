"""One module a group of commands; a command builds the request its type hint names."""
