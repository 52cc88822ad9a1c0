"""The chassis, without I/O beyond files."""
