"""Persons that the sandbox made up, and what of them stands in a text, however it is written there."""

import csv
import html
import io
import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import unquote

from sandbox.days import SINCE, Span
from sandbox.dossiers import START, DossierBook
from sandbox.procedures import catalogue

_MADE_UP = " (giả)"
_GAP, _LETTER = r"[\W_]+", r"[^\W_]"
_BREAK = re.compile(r"\\+[nrt]")
_ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})")
_BYTES = re.compile(r"(?:\\+x[0-9a-fA-F]{2})+")


@dataclass(frozen=True)
class Person:
    """As a dossier names its applicant."""

    name: str
    identity: str
    phone: str
    address: str


def applicants(seed: int, dossiers: int, today: date) -> frozenset[Person]:
    """Everybody whom the sandbox's exports of dossiers name."""
    book = DossierBook(seed, dossiers, today, catalogue(seed))
    exports = (b"".join(book.export(span)).decode("utf-8-sig") for span in (Span(SINCE, START), Span(START, today)))
    return frozenset(
        Person(row["ChuHoSo"].removesuffix(_MADE_UP), row["SoDinhDanh"], row["DienThoai"], row["DiaChi"])
        for export in exports
        for row in csv.DictReader(io.StringIO(export, newline=""), delimiter=";")
    )


class Scanner:
    """Looks for persons in texts, for all of them in one pass.

    Names and addresses are known by their words in this order, whatever the case, the accents, their Unicode form and what
    stands between; numbers by their digits, also in groups, a phone with the country's code, an identity number as a
    number without its zero.
    """

    def __init__(self, persons: Collection[Person]) -> None:
        phrases = {text for person in persons for text in (person.name, person.address)}
        # Boundaries stand behind first letters and figures, since a pattern that begins with these is found many times faster.
        self._phrases = re.compile(rf"(?:{_alternatives([_words(text) for text in phrases], bounded=True)})(?!{_LETTER})")
        numbers = {number for person in persons for number in (person.identity, person.phone)}
        self._numbers = numbers | {f"84{person.phone[1:]}" for person in persons} | {person.identity[1:] for person in persons}
        heads = "|".join(sorted({number[:2] for number in self._numbers}))
        self._digits = re.compile(rf"(?:{heads})(?<!\d..)(?:[ .\-]?\d){{{min(map(len, self._numbers)) - 2},}}")

    def found(self, text: str) -> Iterator[str]:
        """What of a person stands in the text."""
        plain = _unescaped(text)
        for digits in self._digits.finditer(plain):
            yield from self._numbers.intersection(_runs(re.split(r"\D", digits.group())))
        yield from (phrase.group() for phrase in self._phrases.finditer(_folded(plain)))


def _runs(groups: list[str]) -> set[str]:
    """Every number that neighbouring groups of digits may make."""
    return {"".join(groups[first:end]) for first in range(len(groups)) for end in range(first + 1, len(groups) + 1)}


def _folded(text: str) -> str:
    """Small letters without accents."""
    if text.isascii():
        return text.lower()
    letters = unicodedata.normalize("NFD", text).lower().replace("đ", "d")
    return re.sub("[\u0300-\u036f]+", "", letters)


def _words(text: str) -> list[str]:
    return re.findall(f"{_LETTER}+", _folded(text))


def _alternatives(phrases: list[list[str]], *, bounded: bool = False) -> str:
    """A pattern of all phrases, in which each beginning stands once; bounded: no letter stands before it."""
    following: dict[str, list[list[str]]] = {}
    for first, *rest in phrases:
        following.setdefault(first, []).append(rest)
    patterns = []
    for first, rests in sorted(following.items()):
        word = f"{first}(?<!{_LETTER}{first})" if bounded else first
        patterns.append(word if [] in rests else f"{word}{_GAP}(?:{_alternatives(rests)})")
    return "|".join(patterns)


def _unescaped(text: str) -> str:
    r"""Letters and breaks that JSON (\u1ec5, \n), byte strings (\xe1\xbb\x85), web pages (&#7877;) and addresses (%E1%BB%85) spell out."""
    if "\\" in text:
        text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
        text = _BREAK.sub(" ", text)
        text = _BYTES.sub(lambda found: bytes.fromhex(re.sub(r"\\+x", "", found[0])).decode("utf-8", "replace"), text)
    text = unquote(text) if "%" in text else text
    return html.unescape(text) if "&" in text else text
