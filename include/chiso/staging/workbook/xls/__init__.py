"""Sheets of an .xls file."""
