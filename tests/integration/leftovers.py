"""Everything that a run leaves behind, as text: files and rows."""

import io
import zipfile
import zlib
from collections.abc import Container, Iterator
from pathlib import Path

import sqlalchemy as sa

_TABLES = """
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname),
       (SELECT array_agg(quote_ident(a.attname)) FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.atttypid = 'bytea'::regtype AND NOT a.attisdropped)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND n.nspname <> 'information_schema' AND left(n.nspname, 3) <> 'pg_'
ORDER BY 1
"""
"""Tables that hold rows themselves, and their columns of bytes."""
_BATCH = 20_000


def rows(engine: sa.Engine) -> Iterator[tuple[str, str]]:
    """Every table with a part of its rows: of all columns, whatever their type, binary ones unpacked."""
    with engine.connect() as connection:
        for name, binary in connection.exec_driver_sql(_TABLES).all():
            whole = connection.execution_options(yield_per=_BATCH).exec_driver_sql(f"SELECT t::text FROM ONLY {name} t")
            for batch in whole.scalars().partitions():
                yield name, "\n".join(batch)
            for column in binary or []:
                for content in connection.exec_driver_sql(f"SELECT {column} FROM {name} WHERE {column} IS NOT NULL").scalars():
                    yield name, text(bytes(content))


def files(folder: Path, leaving_out: Container[Path]) -> Iterator[tuple[str, str]]:
    """Every file below the folder with its path and, after its name, its text; what is left out is neither read nor entered."""
    for path in sorted(folder.iterdir()):
        if path in leaving_out or path.is_symlink():
            continue
        if path.is_dir():
            yield from files(path, leaving_out)
        elif path.is_file():
            yield str(path), f"{path.name}\n{text(path.read_bytes())}"


def text(content: bytes) -> str:
    """What the bytes say; archives and compressed files by what is in them, if need be by what is left of it."""
    if content.startswith(b"PK") and zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "\n".join(text(archive.read(part)) for part in archive.infolist())
    if content.startswith((b"\x1f\x8b", b"\x78\x01", b"\x78\x9c", b"\x78\xda")):
        return text(zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(content))
    return content.decode("utf-8", "replace")
