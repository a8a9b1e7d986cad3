"""The chain's heads outside the database: who rewrites the chain must rewrite these too, and can't sign them.

`var/audit/heads.log` has a line for each transaction that wrote events, appended before it commits: number of the line, number and
hash of the transaction's last event, SHA-256 of the line before, signature of all that. So a line that is cut, added, changed or
moved shows. `var/audit/newest` repeats the line of the newest transaction that committed, so that a cut end shows too. A process
killed between the two leaves a line whose event never came to be: it is the last one, or followed by another for the same event.

Lines of two words are of versions before signatures; the first signed line carries the SHA-256 of all of them.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chiso.audit.faults import Fault
from chiso.audit.signing import Signer
from chiso.system.settings import Settings

_LOG, _NEWEST = "heads.log", "newest"
_NO_LINE = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class Head:
    """The newest event of a transaction: its number and hash."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


@dataclass(frozen=True)
class Line:
    """A line of heads.log. link: SHA-256 of what stands before it."""

    number: int
    head: Head
    link: str
    signature: str

    @property
    def signed(self) -> str:
        """What the signature is of."""
        return f"{self.number} {self.head.seq} {self.head.hash} {self.link}"

    @property
    def text(self) -> str:
        """The line as it is written."""
        return f"{self.signed} {self.signature}"

    @property
    def sha256(self) -> str:
        """What the next line carries."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @staticmethod
    def read(text: str) -> "Line | None":
        """A line that was written; None where it is none."""
        words = text.split(" ")
        if len(words) != 5 or not (words[0].isdecimal() and words[1].isdecimal()):
            return None
        return Line(int(words[0]), Head(int(words[1]), words[2]), words[3], words[4])


@dataclass(frozen=True)
class Anchors:
    """The two files of one platform."""

    folder: Path
    signer: Signer

    @staticmethod
    def of(settings: Settings) -> "Anchors":
        """The platform's. Raises SettingsError where there is no key."""
        return Anchors(settings.var / "audit", Signer.of(settings))

    @contextmanager
    def announced(self, head: Head) -> Iterator[None]:
        """Appends the head of a transaction that is about to commit, on the disk before it does; the caller commits inside.

        Nobody else reads or writes the files meanwhile.
        """
        with self._alone() as log:
            line = self._append(log, head)
            yield
            self._settle(line)

    def _append(self, log: int, head: Head) -> Line:
        last = self._last(log)
        number, link = (last.number + 1, last.sha256) if last else (1, self._before(log))
        line = Line(number, head, link, "")
        line = Line(number, head, link, self.signer.sign(line.signed))
        os.write(log, f"{'' if _ends_whole(log) else chr(10)}{line.text}\n".encode())
        os.fsync(log)
        return line

    def _settle(self, line: Line) -> None:
        """Writes down that the transaction of a line committed."""
        fresh = self.folder / f"{_NEWEST}.new"
        fresh.write_text(f"{line.text}\n", "utf-8")
        fresh.chmod(0o600)
        fresh.replace(self.folder / _NEWEST)

    def read(self) -> "Read":
        """Both files as they are now."""
        if not self.folder.exists():
            return Read(None, None)
        with self._alone() as log:
            text = Path(self.folder / _LOG).read_bytes().decode("utf-8", "replace") if os.fstat(log).st_size else ""
            newest = self.folder / _NEWEST
            return Read(text, newest.read_text("utf-8", "replace").rstrip("\n") if newest.exists() else None)

    def line_of(self, head: Head) -> str | None:
        """The line that anchors an event; None where none does."""
        text = self.read().log or ""
        lines = [line for words in text.split("\n") if (line := Line.read(words)) and line.head == head]
        return lines[-1].text if lines else None

    def _newest(self) -> Line | None:
        path = self.folder / _NEWEST
        return Line.read(path.read_text("utf-8", "replace").rstrip("\n")) if path.exists() else None

    def _last(self, log: int) -> Line | None:
        """The line to go on from: the last one of the log, or the newest that committed where the log was cut below it."""
        size = os.fstat(log).st_size
        tail = os.pread(log, min(size, 4096), max(0, size - 4096)).decode("utf-8", "replace")
        whole = [line for text in tail.split("\n")[:-1] if (line := Line.read(text))]
        known = [line for line in (whole[-1] if whole else None, self._newest()) if line]
        return max(known, key=lambda line: line.number, default=None)

    def _before(self, log: int) -> str:
        """SHA-256 of the unsigned lines that stand before the first signed one."""
        size = os.fstat(log).st_size
        return hashlib.sha256(os.pread(log, size, 0)).hexdigest() if size else _NO_LINE

    @contextmanager
    def _alone(self) -> Iterator[int]:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        log = os.open(self.folder / _LOG, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(log, fcntl.LOCK_EX)
            yield log
        finally:
            os.close(log)


def _ends_whole(log: int) -> bool:
    size = os.fstat(log).st_size
    return not size or os.pread(log, 1, size - 1) == b"\n"


@dataclass(frozen=True)
class Read:
    """The files' texts; None where a file is missing."""

    log: str | None
    newest: str | None


@dataclass(frozen=True)
class Ends:
    """What the chain is compared with: hash of every event, and the last event of every transaction that signed."""

    hashes: Mapping[int, str]
    last_of_transactions: Sequence[int]

    def holds(self, head: Head) -> bool:
        """Whether the chain has the event."""
        return self.hashes.get(head.seq) == head.hash


def verify_anchors(before: Read, after: Read, ends: Ends, signer: Signer) -> Iterator[Fault]:
    """What is wrong with the files, or with the chain by them.

    before, after: the files as they were before and after the chain was read, which others may lengthen meanwhile.
    """
    if after.log is None or (after.log == "" and ends.hashes):
        yield Fault("anchor", _LOG, "", "the file is missing or empty, though the chain has events: a rewritten chain could not be told")
        return
    old, lines, odd = _parts(after.log)
    yield from _unsigned(old, ends)
    yield from odd
    yield from _links(old, lines, signer)
    yield from _committed(before.newest, lines, ends, signer)
    yield from _heads(lines, Line.read(before.newest or ""), Line.read(after.newest or ""), ends)


def _parts(text: str) -> tuple[list[str], list[Line], list[Fault]]:
    """Unsigned lines, signed ones, and what is neither, but for the beginning of one at the end: the machine died there."""
    old: list[str] = []
    lines: list[Line] = []
    faults: list[Fault] = []
    for place, words in enumerate(text.split("\n")[:-1], 1):
        line = Line.read(words)
        if line:
            lines.append(line)
        elif words and not lines and len(words.split(" ")) == 2:
            old.append(words)
        elif words:
            faults.append(Fault("anchor", _LOG, f"line {place}", "is no head of the chain"))
    return old, lines, faults


def _unsigned(old: list[str], ends: Ends) -> Iterator[Fault]:
    for place, words in enumerate(old, 1):
        seq, _, digest = words.partition(" ")
        if not seq.isdecimal() or ends.hashes.get(int(seq)) != digest:
            yield Fault("anchor", _LOG, f"line {place}", f"the chain no longer holds the anchored event {seq}")


def _links(old: list[str], lines: list[Line], signer: Signer) -> Iterator[Fault]:
    number = 1
    link = hashlib.sha256("".join(f"{words}\n" for words in old).encode()).hexdigest()
    for line in lines:
        if line.number != number:
            yield Fault("anchor", _LOG, f"line {line.number}", f"line {number} should stand here: lines were cut or moved")
        elif line.link != link:
            yield Fault("anchor", _LOG, f"line {line.number}", "what stands before it was changed: its SHA-256 is another")
        if not signer.has_signed(line.signed, line.signature):
            yield Fault("anchor", _LOG, f"line {line.number}", f"was not signed with the platform's key {signer.name}")
        number, link = line.number + 1, line.sha256


def _committed(newest: str | None, lines: list[Line], ends: Ends, signer: Signer) -> Iterator[Fault]:
    if newest is None:
        if any(ends.holds(line.head) for line in lines[:-1]):
            yield Fault("anchor", _NEWEST, "", "the file is missing, so a cut end of the chain could not be told")
        return
    line = Line.read(newest)
    if line is None or not signer.has_signed(line.signed, line.signature):
        yield Fault("anchor", _NEWEST, "", f"was not signed with the platform's key {signer.name}")
        return
    if line.text not in {each.text for each in lines}:
        yield Fault("anchor", _LOG, f"line {line.number}", "is missing, though its transaction committed: the end was cut")
    if not ends.holds(line.head):
        yield Fault("anchor", _LOG, f"line {line.number}", f"the chain no longer holds the anchored event {line.head.seq}")


def _heads(lines: list[Line], before: Line | None, after: Line | None, ends: Ends) -> Iterator[Fault]:
    """Lines whose event the chain lacks, but for those that a kill or a commit meanwhile explains; transactions without a line.

    before, after: the newest lines whose transactions had committed when the files were read.
    """
    settled, meanwhile = (line.number if line else 0 for line in (before, after))
    standing: list[Line] = []
    for line in lines:
        while standing and standing[-1].head.seq >= line.head.seq and not ends.holds(standing[-1].head):
            standing.pop()  # its transaction came to nothing, and this one took its number
        standing.append(line)
    for line in standing:
        explained = line.number > settled and (line is standing[-1] or line.number <= meanwhile)
        if not explained and not ends.holds(line.head):
            yield Fault("anchor", _LOG, f"line {line.number}", f"the chain no longer holds the anchored event {line.head.seq}")
    anchored = {line.head.seq for line in standing if ends.holds(line.head)}
    lacking = [seq for seq in ends.last_of_transactions if seq not in anchored]
    if lacking:
        more = f", nor for {len(lacking) - 1} others" if lacking[1:] else ""
        yield Fault("anchor", _LOG, f"event {lacking[0]}", f"has no line{more}: events were added, or lines cut")
