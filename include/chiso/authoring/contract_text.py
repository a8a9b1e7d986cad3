"""The text of a proposed contract, in the form that contracts here have: a line for each column and each term."""

from typing import Any

import yaml

from chiso.authoring.guessing import Guess
from chiso.authoring.proposing import Proposal
from chiso.contracts.readings import ReadingName

_LOGICAL: dict[ReadingName, str] = {
    "text": "string",
    "choice": "string",
    "unit": "string",
    "agency": "string",
    "period": "string",
    "count": "integer",
    "number": "number",
    "percent": "number",
    "printed": "number",
    "flag": "boolean",
    "mark": "boolean",
    "timestamp": "timestamp",
    "date": "date",
}
_FOLLOWS = frozenset({"text", "choice", "count", "number", "flag", "timestamp", "date"})
"""Readings that follow from the logical type and the listed values."""


def contract_text(source: str, proposal: Proposal) -> str:
    """YAML, complete."""
    family, name = source.split("/")
    form = proposal.terms["delivery"]["format"]
    lines = [
        "apiVersion: v3.2.0",
        "kind: DataContract",
        f"id: {family}-{name}",
        f"name: {_inline(proposal.title_vi)}",
        "version: 1.0.0",
        "status: active",
        f"domain: {family}",
        "description:",
        f"  purpose: {_inline('Proposed from a sample: ' + proposal.title_vi + '.')}",
        "schema:",
        f"- name: {name}",
        f"  physicalType: {'sheet' if form == 'workbook' else 'file' if form == 'csv' else 'api'}",
        "  properties:",
        *(f"  - {_inline(_column(each, column, proposal))}" for each, column in zip(proposal.names, proposal.columns, strict=True)),
        "customProperties:",
    ]
    for word, value in proposal.terms.items():
        lines += [f"- property: {word}", *_term(value)]
    return "\n".join(lines) + "\n"


def _term(value: Any) -> list[str]:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return ["  value:", *(f"  - {_inline(entry)}" for entry in value)]
    return [f"  value: {_inline(value)}"]


def _column(name: str, column: Guess, proposal: Proposal) -> dict[str, Any]:
    said: dict[str, Any] = {"name": name, "businessName": column.printed, "logicalType": _LOGICAL[column.reading]}
    if column.personal:
        return said | {"logicalType": "string", "classification": "personal"}
    terms = dict(column.terms)
    if name in proposal.key:
        said |= {"required": True, "primaryKey": True}
        if None in column.filled_down and "blank" not in terms:
            terms["blank"] = "none"
    elif name == proposal.terms.get("period"):
        said["required"] = True
    if column.options:
        said["logicalTypeOptions"] = column.options
    if column.choices:
        said["enum"] = [{"value": value} for value in column.choices]
    if len(column.header) > 1:
        terms["header"] = [[" ".join(column.header[0].split())], [" ".join(column.header[-1].split())]]
    if column.reading not in _FOLLOWS:
        terms = {"reading": column.reading, **terms}
    if terms:
        said["customProperties"] = [{"property": word, "value": value} for word, value in terms.items()]
    return said


def _inline(value: Any) -> str:
    """YAML on one line."""
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**6, sort_keys=False)
    return text.removesuffix("...\n").strip()
