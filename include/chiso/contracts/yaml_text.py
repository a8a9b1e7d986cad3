"""YAML as people write it: what is ambiguous in a file is a fault with its line, never a silent choice."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import ConstructorError
from yaml.nodes import MappingNode, ScalarNode

from chiso.system.errors import ContractError, Fault

_QUOTES = "a text that begins with one of `! > % @ & * | [ { #` goes in quotes"


class _Loader(yaml.CSafeLoader):
    """Safe, with libyaml's speed; a key that stands twice in one mapping is refused, and `=` is a text."""

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        if isinstance(node, MappingNode):  # else the base says what is wrong
            _refuse_twice(node)
        return super().construct_mapping(node, deep=deep)


    def construct_day(self, node: ScalarNode) -> object:
        """A date, or a time."""
        try:
            return self.construct_yaml_timestamp(node)
        except ValueError as fault:
            raise ConstructorError(None, None, f"{node.value} is no day of the calendar ({fault})", node.start_mark) from fault


_Loader.yaml_constructors = _Loader.yaml_constructors | {
    "tag:yaml.org,2002:value": _Loader.construct_yaml_str,
    "tag:yaml.org,2002:timestamp": _Loader.construct_day,
}


def _refuse_twice(node: MappingNode) -> None:
    first: dict[str, int] = {}
    for key, _ in node.value:
        if not isinstance(key.value, str):
            continue
        if key.value in first:
            said = f"`{key.value}` stands in line {first[key.value]} too, and only one of them would count"
            raise ConstructorError(None, None, said, key.start_mark)
        first[key.value] = key.start_mark.line + 1


def read_yaml(path: Path, name: str) -> dict[str, Any]:
    """The document in a file of YAML. name: of the file, for faults. Raises ContractError, with the line, where it is none."""
    try:
        document = yaml.load(path.read_text("utf-8-sig"), _Loader)  # noqa: S506 - a subclass of the safe one
    except yaml.MarkedYAMLError as fault:
        raise ContractError(Fault(name, _place(fault), _said(fault))) from fault
    except (yaml.YAMLError, UnicodeDecodeError, OSError, RecursionError) as fault:
        raise ContractError(Fault(name, "", f"the file can't be read as YAML ({_first_line(fault)}); save it as UTF-8 text")) from fault
    if not isinstance(document, dict):
        raise ContractError(Fault(name, "", "the file holds no mapping of keys to values; begin from another source's file"))
    return document


def _place(fault: yaml.MarkedYAMLError) -> str:
    mark = fault.problem_mark or fault.context_mark
    return f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""


def _said(fault: yaml.MarkedYAMLError) -> str:
    if isinstance(fault, ConstructorError):
        if "constructor for the tag" in str(fault.problem):
            return f"{str(fault.problem).split('tag', 1)[1].strip()} is read as a tag of YAML; {_QUOTES}"
        return f"{fault.problem}; mend it there"
    return f"this is not well-formed YAML ({fault.problem}); mend it there or just above; {_QUOTES}"


def _first_line(fault: BaseException) -> str:
    return (str(fault).splitlines() or [type(fault).__name__])[0]
