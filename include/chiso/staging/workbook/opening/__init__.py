"""What a file is, and whether it may be opened: container, package, budget."""
