"""Tables of a web page that was saved as .xls."""
