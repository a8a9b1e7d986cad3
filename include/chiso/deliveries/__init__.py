"""Deliveries between the stages: raw bytes, the register of what came, verdicts on it."""
