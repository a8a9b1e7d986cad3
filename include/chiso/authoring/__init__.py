"""For the engineer who writes contracts: lint, generated documentation."""
