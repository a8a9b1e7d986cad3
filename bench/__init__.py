"""Benchmarks: every figure beside its limit and its peers, in one run. See docs/performance.md."""
