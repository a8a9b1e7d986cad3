"""Which mails are to be sent now: one an address and day, of what it wasn't told yet; to the data centre a digest every day."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby

from chiso.inquiry import answers
from chiso.inquiry.fetches import not_fetched
from chiso.inquiry.timeliness import Timeliness, timeliness
from chiso.notices import sent
from chiso.notices.contacts import is_address, load_contacts
from chiso.notices.letters import Mail, letter
from chiso.notices.topics import Topic, Topics
from chiso.province.numbers import as_printed
from chiso.system.errors import SettingsError
from chiso.system.platform import Platform
from chiso.system.visible import visible

_MOST = 10
DATA_CENTRE = ""
"""Stands for the data centre where an agency is named."""


def due_mails(platform: Platform) -> list[Mail]:
    """The mails of the platform's day that weren't sent yet, by address.

    What is for an agency without a contact is in the data centre's. Raises SettingsError, where the data centre's address is
    none, ContractError for a faulty list of contacts.
    """
    settings = platform.settings
    data_centre, contacts = settings.data_centre_address, load_contacts(settings.schemas)
    if not is_address(data_centre):
        raise SettingsError(f"CHISO_DATA_CENTRE_EMAIL={data_centre!r} is no address; write one, like ttdl@example.vn.")
    found = timeliness(platform)
    topics = Topics(platform, found)
    by_address: dict[str, list[Topic]] = defaultdict(list)
    told = sent.told(platform)
    for topic in topics.new(told):
        by_address[contacts.get(topic.agency, data_centre)].append(topic)
    own = by_address.pop(data_centre, [])
    digested = (DATA_CENTRE, "digest", settings.today.isoformat()) in told
    mails = [] if digested else [_digest(platform, data_centre, topics, found, own)]
    for address, about in sorted(by_address.items()):
        names = ", ".join(dict.fromkeys(topics.name(topic.agency) for topic in about))
        mails.append(letter(address, settings.today, (names, names), about))
    had = sent.addressed(platform, settings.today)
    return [mail for mail in mails if mail.address not in had]


def _digest(platform: Platform, address: str, topics: Topics, found: Timeliness, own: list[Topic]) -> Mail:
    """The data centre's mail; own: what agencies are told that have no contact, or its address."""
    today = platform.settings.today
    vi, en = _state(platform, topics, found)
    about = [replace(topic, vi=f"[{topics.name(topic.agency)}] {topic.vi}", en=f"[{topic.agency}] {topic.en}") for topic in own]
    if about:
        vi += "\n\nCác nội dung dưới đây dành cho cơ quan chưa có địa chỉ liên hệ; đề nghị Trung tâm chuyển giúp."
        en += "\n\nWhat follows is for agencies without a contact; please pass it on."
    mail = letter(address, today, ("Trung tâm dữ liệu", "the data centre"), about, (vi, en))
    digest = Topic("digest", DATA_CENTRE, (today.isoformat(),), "", "")
    return replace(mail, subject=f"[Chỉ Số] {today:%d/%m/%Y}: tổng hợp trong ngày", topics=(*mail.topics, digest))


def _state(platform: Platform, topics: Topics, found: Timeliness) -> tuple[str, str]:
    """How things stand, in Vietnamese and English."""
    loaded = answers.loaded_since(platform, sent.last_digest(platform) or datetime.now(UTC) - timedelta(days=1))
    waiting, failed, refused = len(answers.held(platform)), not_fetched(platform), answers.refused(platform)
    vi = [
        f"Từ lần tổng hợp trước: {loaded['accepted']} lượt gửi được nạp ({as_printed(Decimal(loaded['rows']))} dòng), "
        f"{loaded['refused']} bị từ chối, {loaded['again']} nhận lại không đổi.",
        f"Tỷ lệ báo cáo {_percent(found.reporting_rate)}, đúng hạn {_percent(found.on_time_rate)}; giá trị chờ phê duyệt: {waiting}.",
    ]
    en = [
        f"Since the last digest: {loaded['accepted']} deliveries loaded ({loaded['rows']} rows), {loaded['refused']} refused, "
        f"{loaded['again']} received again unchanged.",
        f"Reporting rate {_percent(found.reporting_rate)}, on time {_percent(found.on_time_rate)}; values that wait: {waiting}.",
    ]
    for kind, words, english in (("overdue", "Báo cáo quá hạn", "Overdue"), ("upcoming", "Báo cáo sắp đến hạn", "Soon due")):
        reports = topics.of_reports(kind, fetched=kind == "overdue")  # type: ignore[arg-type]
        lines = [topics.line(list(some)) for _, some in groupby(reports, key=lambda report: (report.source, report.reporter))]
        vi += _listed(words, [line for line, _ in lines])
        en += _listed(english, [line for _, line in lines])
    for words, english, names in (
        ("Tệp bị từ chối, chưa có tệp thay", "Refused, not replaced yet", [f"{row['source']}: {visible(row['file_name'])}" for row in refused]),
        ("Không lấy được", "Not fetched", [f"{row['source']} {row['period'] or ''}".strip() for row in failed]),
    ):
        vi += _listed(words, names)
        en += _listed(english, names)
    return "\n".join(vi), "\n".join(en)


def _listed(heading: str, lines: list[str]) -> list[str]:
    left = len(lines) - _MOST
    return [f"{heading}: {len(lines)}", *(f"  - {line}" for line in lines[:_MOST]), *([f"  … +{left}"] if left > 0 else [])]


def _percent(share: Decimal | None) -> str:
    return "–" if share is None else f"{as_printed(round(share * 100, 1).normalize())} %"
