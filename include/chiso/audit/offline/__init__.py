"""What goes into a pack for an auditor beside the data: a verifier that needs nothing but Python."""
