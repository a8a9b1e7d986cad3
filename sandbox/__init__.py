"""A province in a box: the portal, the SOC and the departments' drop folder, all synthetic.

Seeded and repeatable: the same arguments give the same bytes, but for what is encrypted. Figures that published
documents give come out exactly; every other figure is made up, and every answer and workbook says so. Nothing here reads
the platform, and the platform knows nothing of this package but URLs and a folder.
"""
