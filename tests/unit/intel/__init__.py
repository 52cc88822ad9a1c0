"""Rules of the intelligence service, without I/O."""
