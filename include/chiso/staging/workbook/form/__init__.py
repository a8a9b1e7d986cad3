"""A department's form in a sheet: its header, its rows and what each is."""
