"""Whether a source's fixture is there, and its expected answers are what comes out of it today."""

import json
from collections.abc import Iterator

from chiso.authoring import expecting
from chiso.contracts import Contract
from chiso.system.errors import ChisoError, Fault
from chiso.system.platform import Platform
from chiso.system.settings import Settings


def faults_of_answers(contract: Contract, platform: Platform) -> Iterator[Fault]:
    """What is wrong with the expected answers of a source that has a fixture."""
    settings, source = platform.settings, contract.source
    if len(expecting.fixtures(source, settings)) != 1:
        return
    path = expecting.expected_file(source, settings)
    file, mend = str(path.relative_to(settings.home)), f"write them: chiso source expect {source}"
    if not path.exists():
        yield Fault(file, "", f"the expected answers are missing; {mend}")
        return
    try:
        stated, found = expecting.read(path), expecting.answers(contract, platform)
    except (json.JSONDecodeError, UnicodeDecodeError, ValueError) as fault_of_json:
        yield Fault(file, "", f"holds no expected answers ({fault_of_json}); {mend}")
    except ChisoError as fault_of_check:
        yield Fault(file, "", f"the fixture can't be read as this source: {fault_of_check}")
    else:
        for name in found:
            if stated.get(name) != found[name]:
                yield Fault(file, name, f"the fixture gives {_shown(found[name])} today; if that is right, {mend}")


def fault_of_file(source: str, settings: Settings) -> Fault | None:
    """Why there isn't exactly one fixture; None where there is. An image, which has no tests, needs none."""
    if not settings.home.joinpath("tests").exists():
        return None
    found = expecting.fixtures(source, settings)
    where = f"tests/fixtures/{source}"
    if not found:
        return Fault(f"{where}.*", "", "the fixture is missing; put a small delivery there, under its own ending")
    if len(found) > 1:
        return Fault(f"{where}.*", "", f"there are several ({', '.join(path.name for path in found)}); keep one")
    return None


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:120]}…"
