"""docs/sources: a page for each source, from its contract and suite, and the list of them."""

import string
from collections.abc import Sequence

from chiso.authoring.markdown import GENERATED, agency, table
from chiso.contracts import Column, Contract, Measure
from chiso.findings.messages import TEXTS
from chiso.province.units import Reference
from chiso.system.settings import Settings
from chiso.validation.rules import Rule, Rules


def page_name(source: str) -> str:
    """Where a source's page lies, below docs/."""
    return f"sources/{source.replace('/', '-')}.md"


def index_page(loaded: Sequence[Contract], reference: Reference) -> str:
    """The list of all sources."""
    rows = [
        [
            f"[{contract.source}]({page_name(contract.source)})",
            contract.title_vi,
            agency(contract.terms.responsible, reference),
            ", ".join(contract.terms.delivery.cadences),
            contract.terms.delivery.format,
        ]
        for contract in loaded
    ]
    return "\n".join(["# Sources\n", GENERATED, table(["source", "title", "owner", "cadence", "format"], rows)])


def source_page(contract: Contract, settings: Settings, reference: Reference) -> str:
    """The page of a source. Raises ContractError where its suite is faulty."""
    stated = Rules.of(contract, settings).stated
    parts = [
        f"# {contract.source}: {contract.title_vi}\n",
        GENERATED,
        f"{contract.description}\n",
        table(["", ""], _facts(contract, reference)),
        "## Columns\n",
        "Headers are matched without regard to case, accents, spaces and brackets; `;` parts alternatives, `›` the "
        "levels of a header.\n",
        table(["column", "header", "reading", "required", "domain", "personal"], map(_column, contract.columns)),
        "## Measures\n",
        table(["measure", "name", "unit", "kind", "taken from"], map(_measure, contract.measures)),
        "## Rules\n",
        "Of the suite, what the contract can't say:\n",
        table(["rule", "severity", "action", "message"], (_rule(rule) for rule in stated if rule.text is None)),
        "Derived from the contract (`…` stands for the value). A cell that can't be read rejects its row as "
        "`<column>.<finding>`, e.g. `number_malformed`; findings about a whole file are in `chiso.findings.messages`.\n",
        table(["rule", "severity", "action", "message"], (_rule(rule) for rule in stated if rule.text is not None)),
    ]
    return "\n".join(parts)


def _facts(contract: Contract, reference: Reference) -> list[list[str]]:
    terms = contract.terms
    stem = contract.source
    due = terms.delivery.due_working_days
    return [
        ["contract", f"[version {contract.version}](../../include/schemas/contracts/{stem}.yml)"],
        ["suite", f"[{stem}.json](../../expectations/{stem}.json)"],
        ["owner", ", ".join(agency(owner, reference) for owner in terms.owners)],
        ["transport", _transport(contract)],
        ["cadence", f"{', '.join(terms.delivery.cadences)}, {terms.delivery.calendar} calendar"],
        ["due", f"working day {due} after the period's end (stated, not watched)" if due is not None else "–"],
        ["a second delivery", _mode(contract)],
        ["key", ", ".join(f"`{name}`" for name in contract.key)],
        *([["dimensions", ", ".join(f"`{name}`" for name in terms.dimensions)]] if terms.dimensions else []),
        [
            "refused whole",
            f"when more than {terms.delivery.max_rejected_rows} rows and more than "
            f"{terms.delivery.max_rejected_share:.0%} of them are rejected",
        ],
        [
            "personal data",
            "yes: raw files are encrypted, the columns dropped" if contract.holds_personal_data else "none",
        ],
        *([["addresses of machines", "never stored: raw files are encrypted, rows that hold one rejected"]] if terms.no_addresses else []),
    ]


def _transport(contract: Contract) -> str:
    terms = contract.terms.transport
    if terms.kind == "drop_folder":
        return (
            f"drop folder of connection `chiso_{terms.endpoint}`; names {', '.join(f'`{n}`' for n in terms.file_names)}"
        )
    since = f", from {terms.since} on"
    return f"{terms.kind} (`GET {terms.path}`) of connection `chiso_{terms.endpoint}`, login {terms.auth}{since}"


def _mode(contract: Contract) -> str:
    key = ", ".join(f"`{name}`" for name in contract.thing_key)
    if contract.terms.events:
        at = contract.terms.events.at
        return f"adds versions of {key}" + (f" by `{at}`" if at else ", the newest received of which counts")
    if contract.shares:
        return "replaces the period's columns of each office of which it has a figure"
    reporter = contract.terms.delivery.reporter
    return f"replaces the period of each `{reporter}` in it" if reporter else "replaces the period as a whole"


def _column(column: Column) -> list[str]:
    header = " › ".join("; ".join(level) for level in column.header)
    required = "yes" if column.required else f"blank is {column.default}" if column.default is not None else ""
    return [
        f"`{column.name}`" + (" (key)" if column.key else ""),
        header + (" (the column may be missing)" if column.optional_header else ""),
        "dropped" if column.personal else _reading(column),
        required,
        _domain(column),
        "personal" if column.personal else "",
    ]


def _reading(column: Column) -> str:
    """With what is said of it besides."""
    terms = column.terms
    said = [
        *(column.levels if column.reading == "unit" else ()),
        *([f"a bare name is a {terms.bare}'s"] if terms.bare else []),
        *([f"printed in {terms.printed_in}"] if terms.printed_in else []),
        *([f"a blank is {terms.blank}"] if terms.blank in ("none", "above") else []),
        *(["several in a cell"] if terms.split else []),
        *([f"filled by {', '.join(column.offices)}"] if column.offices else []),
        *(["others are flagged"] if terms.unknown == "flag" else ["others are kept"] if terms.unknown == "text" else []),
    ]
    return f"{column.reading} ({', '.join(said)})" if said else column.reading


def _domain(column: Column) -> str:
    if column.enum:
        return ", ".join(str(value) for value in column.enum)
    if column.minimum is not None or column.maximum is not None:
        return (
            f"{'' if column.minimum is None else column.minimum} … {'' if column.maximum is None else column.maximum}"
        )
    return f"`{column.pattern}`" if column.pattern else column.format or ""


def _measure(measure: Measure) -> list[str]:
    return [f"`{measure.id}`", measure.name_vi, measure.unit, measure.kind, measure.words()]


def _rule(rule: Rule) -> list[str]:
    vi, en = TEXTS[rule.text] if rule.text else (rule.vi, rule.en)
    return [f"`{rule.id}`", rule.severity, rule.action, f"{_filled(vi, rule)}<br>{_filled(en, rule)}"]


class _Elided(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return "" if name.startswith("hint_") else "…"


def _filled(text: str, rule: Rule) -> str:
    return string.Formatter().vformat(text, (), _Elided(rule.details))
