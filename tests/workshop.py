"""Invented sources beside the real ones: a checkout of its own in which tests write contracts and suites."""

import json
import shutil
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import sqlalchemy as sa
from chiso import contracts, warehouse
from chiso.contracts import Contract
from chiso.deliveries.verdicts import Outcome
from chiso.flow import collecting
from chiso.indicators.figures import Figures, MeasureKey, UnitKey, figures
from chiso.province.periods import Period
from chiso.system.platform import Platform

from tests.deliveries import Inbox

HEAD = """apiVersion: v3.2.0
kind: DataContract
id: {id}
name: Nguồn thử
version: 1.0.0
status: active
domain: {family}
description: {{purpose: Invented for tests.}}
schema:
- name: rows
  physicalType: file
  properties:
"""


class Workshop:
    """A copy of the checkout's schemas and suites, and a platform on it."""

    def __init__(self, inbox: Inbox, folder: Path) -> None:
        settings = inbox.platform.settings
        for part in ("include/schemas", "include/sql", "expectations"):
            shutil.copytree(settings.home / part, folder / part)
        self.inbox = inbox
        self.platform = Platform(replace(settings, home=folder), inbox.platform.engine)

    def add(self, source: str, columns: str, terms: str, rules: list[dict[str, object]] | None = None) -> Contract:
        """Writes contract and suite of a source, and brings the warehouse to them. columns, terms: lines of YAML."""
        family, name = source.split("/")
        home = self.platform.settings.home
        text = HEAD.format(id=f"{family}-{name}", family=family) + _indented(columns) + "customProperties:\n" + terms
        (home / "include/schemas/contracts" / family / f"{name}.yml").write_text(text, "utf-8")
        suite = {"name": source, "expectations": rules or []}
        (home / "expectations" / family / f"{name}.json").write_text(json.dumps(suite), "utf-8")
        warehouse.upgrade(self.platform.engine, self.platform.settings)
        return contracts.load(source, self.platform.settings)

    def ingest(self, contract: Contract, content: bytes, name: str, received: datetime) -> Outcome:
        """Loads a file given by hand."""
        return collecting.ingest_file(self.inbox.put(content, name, received), contract, self.platform)

    def figures(self, contract: Contract, period: str, *by: str, calendar: str = "civil") -> dict[str, Figures]:
        """Every measure of the source at a period, by its id; also by the dimensions `by`."""
        wanted = {MeasureKey(contract.source, measure.id): frozenset(by) for measure in contract.measures}
        with self.platform.engine.connect() as connection:
            found = figures(connection, [contract], Period.of(period, calendar), self.province, wanted)
        return {key.measure: each for key, each in found.items()}

    def province_figures(self, contract: Contract, period: str) -> dict[str, Decimal]:
        """The province's figure of every measure that has one at the period."""
        return {
            name: each.values[self.province]
            for name, each in self.figures(contract, period).items()
            if self.province in each.values
        }

    @property
    def province(self) -> UnitKey:
        """The province before the merger of 2025."""
        with self.platform.engine.connect() as connection:
            query = "SELECT valid_from FROM warehouse.unit WHERE level = 'province' AND code = '62' AND valid_to >= '2024-01-01'"
            return UnitKey("admin_unit", "62", connection.execute(sa.text(query)).scalar_one())


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.strip().splitlines())
