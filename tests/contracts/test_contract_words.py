"""docs/contracts.md explains every word of the models, and what it shows is right."""

from decimal import Decimal
from typing import Annotated, Any

import pytest
from chiso.authoring.contract_words import MODELS, contract_page, examples
from chiso.contracts.columns import Column
from chiso.contracts.parsing import Context, Unreadable, parse
from chiso.contracts.readings import READINGS
from chiso.contracts.words import Words
from chiso.province.units import load_reference
from chiso.system.settings import load
from pydantic import BaseModel, TypeAdapter, ValidationError

SETTINGS = load({})
EXAMPLES = examples(SETTINGS)
WORDS = [(model, name) for model in MODELS.values() for name in model.model_fields]


def test_every_model_of_a_contract_is_explained() -> None:
    assert set(Words.__subclasses__()) <= set(MODELS.values())


@pytest.mark.parametrize(("model", "name"), WORDS, ids=lambda each: getattr(each, "__name__", each))
def test_every_word_is_explained_with_an_example_that_is_right(model: type[BaseModel], name: str) -> None:
    field = model.model_fields[name]
    assert field.description, f"{model.__name__}.{name} has no docstring"
    assert name in EXAMPLES[model.__name__], f"{model.__name__}.{name} has no example in contract_words.yml"
    given: Any = EXAMPLES[model.__name__][name]
    given = str(given) if isinstance(given, float) else given
    kind: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    TypeAdapter(kind).validate_python(given)
    page = contract_page(SETTINGS)
    sections = [section for section in page.split("\n## ") if any(section.startswith((heading, f"`{heading}`")) for heading in _headings(model))]
    assert sections and all(f"| `{name}` |" in section and f"`{name}: " in section for section in sections)


def _headings(model: type[BaseModel]) -> list[str]:
    return [heading for heading, each in MODELS.items() if each is model]


def test_examples_are_of_words_that_there_are() -> None:
    known = {model.__name__: set(model.model_fields) for model in MODELS.values()}
    assert {(model, name) for model, words in EXAMPLES.items() for name in words} <= {
        (model, name) for model, words in known.items() for name in words
    }


def test_a_wrong_example_would_be_found() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(MODELS["delivery"].model_fields["cadence"].annotation).validate_python("weekly")


@pytest.mark.parametrize("name", READINGS)
def test_the_example_of_a_reading_can_be_read(name: Any) -> None:
    column = Column(name="a", printed="A", reading=name, header=[["A"]], required=False, maximum=Decimal(100),
                    format="dd/MM/yyyy HH:mm:ss", enum=["đã triển khai", "chưa"])  # fmt: skip
    context = Context(load_reference(SETTINGS.schemas), SETTINGS.today.replace(2024, 6, 30))
    assert not isinstance(parse(READINGS[name].example, column, context), Unreadable)
