"""Arrow columns as the stream that PostgreSQL's COPY takes in its binary format: no text to write, none to parse."""

import hashlib

import pgpq
import pyarrow as pa


class BinaryCopy:
    """One stream: header, rows, end. `schema` is what the columns are sent as; rows are cast to it."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._encoder = pgpq.ArrowToPostgresBinaryEncoder(schema)
        self._hash = hashlib.sha256()
        self.columns: list[str] = schema.names
        self.header: bytes = self._encoder.write_header()

    def rows(self, table: pa.Table) -> bytes:
        """The rows of the schema's columns, or what the encoder gives of them so far; other columns are left out."""
        batches = table.select(self.columns).cast(self._schema).combine_chunks().to_batches()
        return self._said(b"".join(self._encoder.write_batch(batch) for batch in batches))

    def end(self) -> bytes:
        """The rows that were held back, and what ends the stream."""
        return self._said(self._encoder.finish())

    @property
    def sha256(self) -> str:
        """Of all rows, once the stream has ended."""
        return self._hash.hexdigest()

    def _said(self, rows: bytes) -> bytes:
        self._hash.update(rows)
        return rows
