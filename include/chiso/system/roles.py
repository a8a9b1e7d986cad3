"""Roles of the warehouse's server, beside its owner."""

READER = "chiso_reader"
"""Reads schema `publication` and nothing else."""
WRITER = "chiso_writer"
"""What the owner's sessions act as unless they say otherwise: it reads all, and inserts. Nobody logs in as it."""
