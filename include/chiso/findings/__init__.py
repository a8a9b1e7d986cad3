"""Findings about data: their shape, and what each says in Vietnamese and English."""
