"""docs/data-dictionary.md: every view of schema `publication` with its columns, from contracts and from the views' own SQL."""

import re
from collections.abc import Iterator, Sequence

from chiso import contracts
from chiso.authoring.markdown import GENERATED, table
from chiso.system.errors import ContractError, Fault
from chiso.system.settings import Settings
from chiso.warehouse import View, ViewColumn, source_views

_INTRO = """Views of schema `publication`, which role `chiso_reader` reads. [Queries](queries.md) show how they go together. The database has the
same texts as comments.

Each source has a view of its current rows and, with the suffix `_history`, one of every row that ever was current. Times are
with a zone, but for those that the source's own columns give, which are local (Asia/Ho_Chi_Minh).
"""
_COMMENT = re.compile(
    r"^COMMENT ON (?P<what>VIEW|COLUMN) (?P<name>publication\.\w+)(?:\.(?P<column>\w+))? IS '(?P<comment>(?:[^']|'')*)';(?: -- (?P<kind>.+))?$",
    re.MULTILINE,
)


def dictionary_page(settings: Settings) -> str:
    """The page."""
    own = fixed_views(settings)
    parts = ["# Data dictionary\n", GENERATED, _INTRO, "## Dimensions, values, deliveries\n", *_shown(own), "## Rows of the sources\n"]
    for contract in contracts.load_all(settings).contracts:
        now, ever = source_views(contract)
        more = ", ".join(f"`{column.name}`" for column in ever.columns[len(now.columns) :])
        parts += [*_shown([now]), f"`{ever.name}` has every row that ever was current, with {more} besides.\n"]
    return "\n".join(parts)


def published_views(settings: Settings) -> list[View]:
    """Every view of the schema, those of sources with a sound contract included."""
    return [*fixed_views(settings), *(view for contract in contracts.load_all(settings).contracts for view in source_views(contract))]


def fixed_views(settings: Settings) -> list[View]:
    """Views that aren't made from contracts, as the comments in their SQL describe them; a column's type stands behind its comment.

    Raises ContractError where one says less.
    """
    found: dict[str, View] = {}
    for path in sorted((settings.sql / "08_publication").glob("*.sql")):
        for said in _COMMENT.finditer(path.read_text("utf-8")):
            name, comment = said["name"], said["comment"].replace("''", "'")
            if said["what"] == "VIEW":
                found[name] = View(name, comment, (), "")
            elif name not in found or not said["kind"]:
                place = f"{name}.{said['column']}"
                raise ContractError(Fault(path.name, place, "describe the view before its columns, and give each one's type behind its comment"))
            else:
                column = ViewColumn(said["column"], said["kind"], comment)
                found[name] = View(name, found[name].comment, (*found[name].columns, column), "")
    return list(found.values())


def _shown(views: Sequence[View]) -> Iterator[str]:
    for view in views:
        rows = [[f"`{column.name}`", column.kind, column.comment] for column in view.columns]
        yield from (f"### {view.name}\n", f"{view.comment}\n", table(["column", "type", "what it says"], rows))
