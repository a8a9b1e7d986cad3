"""What people ask of the warehouse, and whether it still is what was written down."""
