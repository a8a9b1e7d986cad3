"""Roles of the warehouse's server, beside its owner."""

READER = "chiso_reader"
"""Reads schema `publication` and nothing else."""
