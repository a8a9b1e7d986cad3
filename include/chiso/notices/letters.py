"""The words of a mail: Vietnamese, and English beneath. Plain text; whoever sends it as HTML escapes it."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from chiso.notices.topics import Kind, Topic

_SECTIONS: dict[Kind, tuple[str, str, str]] = {
    "overdue": (
        "báo cáo quá hạn",
        "Báo cáo đã quá hạn mà chưa nhận được. Đề nghị quý cơ quan gửi ngay, hoặc cho biết lý do:",
        "Reports that are overdue; please send them now, or say why not:",
    ),
    "upcoming": (
        "báo cáo sắp đến hạn",
        "Báo cáo sắp đến hạn. Đề nghị quý cơ quan gửi đúng hạn:",
        "Reports that are soon due; please send them in time:",
    ),
    "refused": (
        "tệp bị từ chối",
        "Tệp bị từ chối, chưa được nạp. Đề nghị sửa theo lý do dưới đây rồi gửi lại như thường lệ; "
        "bảng tính đính kèm (nếu có) ghi chú tại từng chỗ cần sửa:",
        "Files that were refused, and of which nothing was loaded; please mend them as said here and send them again; in attached workbooks comments "
        "say where:",
    ),
    "held": (
        "giá trị chờ phê duyệt",
        "Số liệu chờ phê duyệt trước khi công bố; số đã công bố trước đó vẫn giữ nguyên. Đề nghị quý cơ quan kiểm tra lại số liệu đã gửi:",
        "Values that wait for approval; what was published before stays. Please check what you sent:",
    ),
}
"""What is told, in the order of sections: for the subject, heading in Vietnamese and English."""


@dataclass(frozen=True)
class Mail:
    """A mail that is ready to be sent. body: plain text."""

    address: str
    day: date
    subject: str
    body: str
    topics: tuple[Topic, ...]

    @property
    def message_id(self) -> str:
        """The same whenever the same is told to the same address on that day."""
        told = sorted(f"{topic.agency} {topic.kind} {key}" for topic in self.topics for key in topic.keys)
        digest = hashlib.sha256("\n".join([self.address, self.day.isoformat(), *told]).encode()).hexdigest()
        return f"<{digest[:40]}@chiso.invalid>"

    @property
    def refused(self) -> tuple[int, ...]:
        """Deliveries that it says were refused."""
        return tuple(int(key) for topic in self.topics if topic.kind == "refused" for key in topic.keys)


def letter(address: str, day: date, greeting: tuple[str, str], topics: Sequence[Topic], before: tuple[str, str] = ("", "")) -> Mail:
    """A mail about topics. greeting: who is addressed; before: what stands in front of the topics; both in Vietnamese and English."""
    counts = [f"{number} {_SECTIONS[kind][0]}" for kind in _SECTIONS if (number := sum(len(topic.keys) for topic in topics if topic.kind == kind))]
    body = "\n".join(
        [
            f"Kính gửi: {greeting[0]},",
            "",
            *_part(before[0], topics, vietnamese=True),
            "Thư này do hệ thống Chỉ Số gửi tự động; mỗi nội dung chỉ thông báo một lần. Trân trọng.",
            "",
            "-" * 72,
            "",
            f"To: {greeting[1]}",
            "",
            *_part(before[1], topics, vietnamese=False),
            "Sent by the platform Chỉ Số; each thing is told once.",
            "",
        ]
    )
    subject = f"[Chỉ Số] {day:%d/%m/%Y}: {', '.join(counts) or 'tình hình báo cáo'}"
    return Mail(address, day, subject, body, tuple(topics))


def _part(before: str, topics: Sequence[Topic], *, vietnamese: bool) -> Iterator[str]:
    if before:
        yield from (before, "")
    for kind, (_, vi, en) in _SECTIONS.items():
        told = [topic for topic in topics if topic.kind == kind]
        if told:
            yield vi if vietnamese else en
            yield from (f"- {topic.vi if vietnamese else topic.en}" for topic in told)
            yield ""
