"""The audit chain: each event carries the hash of the one before; its head is anchored outside the database."""

from chiso.audit.chain import Head, anchor, read_heads, record, verify_chain

__all__ = ["Head", "anchor", "read_heads", "record", "verify_chain"]
