"""Sheets of an .xlsx package.

sheet_scan and sheet_xml find the cells, strings and styles say what they refer to; texts makes texts of them, which placing
puts in a grid.
"""
