"""Units at another day: which units then were together what a unit is, by the successions of units and agencies."""

from collections.abc import Iterable
from datetime import date, timedelta

from chiso.province.units import Agency, Reference, Succession, Unit, holds

Thing = Unit | Agency


def thing_at(reference: Reference, code: str, day: date) -> Thing | None:
    """The unit or agency that bears a code on a day."""
    return reference.unit(code, day) or reference.agency(code, day)


def cover(reference: Reference, thing: Thing, day: date) -> frozenset[Thing] | None:
    """The units that existed on `day` and together are exactly what `thing` is; None where no units then are.

    A province or district that merged with others is looked for among the communes that became of its own, or that it was made of.
    """
    found = _followed(reference, frozenset([thing]), day)
    if found is None and isinstance(thing, Unit) and thing.level != "commune":
        found = _followed(reference, _communes(reference, thing, day), day)
    return found


def _followed(reference: Reference, things: frozenset[Thing], day: date) -> frozenset[Thing] | None:
    forward = any(_ended(each) < day for each in things)
    step, back = (_after, _before) if forward else (_before, _after)
    while gone := {each for each in things if not holds(each, day)}:
        steps = {each: step(reference, each) for each in gone}
        come = frozenset(unit for units in steps.values() for unit in units)
        if not all(steps.values()) or not all(back(reference, each) <= things for each in come):
            return None  # nothing stands for a part of it, or what does comes from elsewhere too
        things = things - gone | come
    return things or None


def _after(reference: Reference, thing: Thing) -> frozenset[Thing]:
    """What stands for it from the day after its last."""
    day = _ended(thing) + timedelta(days=1)
    codes = {step.new_code for step in _successions(reference, thing) if (step.old_code, step.effective) == (thing.code, day)}
    return _of(reference, thing, codes, day)


def _before(reference: Reference, thing: Thing) -> frozenset[Thing]:
    """What it stands for since its first day."""
    day = thing.valid_from or date.min
    codes = {step.old_code for step in _successions(reference, thing) if (step.new_code, step.effective) == (thing.code, day)}
    return _of(reference, thing, codes, day - timedelta(days=1)) if codes else frozenset()


def _successions(reference: Reference, thing: Thing) -> Iterable[Succession]:
    if isinstance(thing, Agency):
        return reference.agency_successions
    return (step for step in reference.unit_successions if step.level == thing.level)


def _of(reference: Reference, like: Thing, codes: Iterable[str], day: date) -> frozenset[Thing]:
    if isinstance(like, Agency):
        found: list[Thing | None] = [reference.agency(code, day) for code in codes]
    else:
        found = [reference.unit(code, day, (like.level,)) for code in codes]
    return frozenset(each for each in found if each is not None)


def _ended(thing: Thing) -> date:
    return thing.valid_to or date.max


def _communes(reference: Reference, thing: Unit, day: date) -> frozenset[Thing]:
    """Of a province or district, on its day that is nearest to `day`."""
    nearest = min(max(day, thing.valid_from or date.min), _ended(thing))
    inside = [unit for unit in reference.units if holds(unit, nearest)]
    parents = {thing.code} if thing.level == "district" else {
        thing.code, *(unit.code for unit in inside if unit.level == "district" and unit.parent_code == thing.code)
    }
    return frozenset(unit for unit in inside if unit.level == "commune" and unit.parent_code in parents)
