"""File-name patterns of drop folders against each other: which names would fit two sources equally, or never reach one."""

from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import NamedTuple

from chiso.contracts import Contract
from chiso.contracts.loading import contract_file
from chiso.sources.drop_folder import name_key
from chiso.system.errors import Fault

_OTHER = "\0"
"""Stands for every sign that no pattern names."""


class _Sign(NamedTuple):
    """What one place of a pattern takes; repeats: any number of them."""

    allowed: frozenset[str] | None
    """None: any sign."""
    repeats: bool = False
    excluded: frozenset[str] = frozenset()

    def takes(self, sign: str) -> bool:
        """Whether the sign may stand here."""
        return sign not in self.excluded and (self.allowed is None or sign in self.allowed)


_Pattern = tuple[_Sign, ...]


def faults_of_file_names(contracts: Sequence[Contract]) -> Iterator[Fault]:
    """What is wrong between the patterns of every two sources that look into one folder.

    The longest pattern that fits a name has it; so two of equal length mustn't fit the same name, and none may fit every
    name that a shorter one of another source fits.
    """
    dropping = [contract for contract in contracts if contract.terms.transport.kind == "drop_folder"]
    for one, other in permutations(dropping, 2):
        if one.family == other.family or one.terms.transport.endpoint == other.terms.transport.endpoint:
            yield from _between(one, other)


def _between(one: Contract, other: Contract) -> Iterator[Fault]:
    for number, text in enumerate(one.terms.transport.file_names):
        own = name_key(text)
        for theirs in map(name_key, other.terms.transport.file_names):
            place = Fault(contract_file(one.source), f"transport.file_names[{number}]", "")
            if len(own) == len(theirs) and (name := common_name(own, theirs)):
                yield place.saying(f"a file named like “{name}” is {other.source}'s too; make the pattern of one of them longer")
            elif len(own) < len(theirs) and is_within(own, theirs):
                yield place.saying(f"every name that fits {text!r} fits {other.source}'s longer pattern, which has it; narrow that one")


def common_name(one: str, other: str) -> str | None:
    """A name that both shell patterns fit; None where there is none."""
    left, right = _signs(one), _signs(other)
    alphabet = _alphabet(left, right)
    waiting = [(_opened(left, {0}), _opened(right, {0}), "")]
    seen = set()
    while waiting:
        lefts, rights, name = waiting.pop(0)
        if len(left) in lefts and len(right) in rights:
            return name.replace(_OTHER, "x") or "*"
        for sign in alphabet:
            state = (_after(left, lefts, sign), _after(right, rights, sign))
            if all(state) and state not in seen:
                seen.add(state)
                waiting.append((*state, name + sign))
    return None


def is_within(narrow: str, wide: str) -> bool:
    """Whether the shell pattern `wide` fits every name that `narrow` fits."""
    inner, outer = _signs(narrow), _signs(wide)
    alphabet = _alphabet(inner, outer)
    waiting = [(_opened(inner, {0}), _opened(outer, {0}))]
    seen = set(waiting)
    while waiting:
        inners, outers = waiting.pop()
        if len(inner) in inners and len(outer) not in outers:
            return False
        for sign in alphabet:
            state = (_after(inner, inners, sign), _after(outer, outers, sign))
            if state[0] and state not in seen:
                seen.add(state)
                waiting.append(state)
    return True


def _signs(pattern: str) -> _Pattern:
    signs: list[_Sign] = []
    place = 0
    while place < len(pattern):
        end = pattern.find("]", place + 2)
        if pattern[place] == "[" and end > 0:
            signs.append(_class(pattern[place + 1 : end]))
            place = end
        elif pattern[place] in "*?":
            signs.append(_Sign(None, repeats=pattern[place] == "*"))
        else:
            signs.append(_Sign(frozenset(pattern[place])))
        place += 1
    return tuple(signs)


def _class(body: str) -> _Sign:
    negative = body.startswith("!")
    body = body.removeprefix("!")
    members: set[str] = set()
    place = 0
    while place < len(body):
        if body[place + 1 : place + 2] == "-" and place + 2 < len(body):
            members |= {chr(code) for code in range(ord(body[place]), ord(body[place + 2]) + 1)}
            place += 3
        else:
            members.add(body[place])
            place += 1
    return _Sign(None, excluded=frozenset(members)) if negative else _Sign(frozenset(members))


def _alphabet(*patterns: _Pattern) -> list[str]:
    named = {member for pattern in patterns for sign in pattern for member in (sign.allowed or frozenset()) | sign.excluded}
    return [*sorted(named), _OTHER]


def _opened(pattern: _Pattern, places: set[int]) -> frozenset[int]:
    """The places with those behind stars, which may take nothing."""
    reached, waiting = set(places), list(places)
    while waiting:
        place = waiting.pop()
        if place < len(pattern) and pattern[place].repeats and place + 1 not in reached:
            reached.add(place + 1)
            waiting.append(place + 1)
    return frozenset(reached)


def _after(pattern: _Pattern, places: frozenset[int], sign: str) -> frozenset[int]:
    steps = {
        place if pattern[place].repeats else place + 1
        for place in places
        if place < len(pattern) and pattern[place].takes(sign)
    }
    return _opened(pattern, steps)
