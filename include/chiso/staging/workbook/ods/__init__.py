"""Sheets of an .ods file."""
