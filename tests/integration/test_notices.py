"""What agencies and the data centre are mailed: few, grouped, once, and nothing that a value could turn into more than text."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from chiso import notices
from chiso.flow import computing
from chiso.inquiry import verification
from chiso.notices import Mail
from chiso.notices.contacts import FILE, load_contacts
from chiso.province.period_names import in_vietnamese
from chiso.province.period_words import from_words
from chiso.province.periods import Period
from chiso.system.database import owning
from chiso.system.errors import ContractError, SettingsError
from chiso.system.platform import Platform

from tests.deliveries import Inbox, at
from tests.integration.test_gate import restate
from tests.integration.test_publication import form
from tests.integration.test_timeliness import TELECOM, on, smart_city, telecom

CENTRE, DEPARTMENT, DISTRICT = "ttdl@example.vn", "dau-moi-11@example.vn", "dau-moi-28@example.vn"


def standing(platform: Platform, today: str, centre: str = CENTRE, home: Path | None = None) -> Platform:
    """The platform on another day."""
    values = dict(platform.settings.values) | {"CHISO_TODAY": today, "CHISO_DATA_CENTRE_EMAIL": centre}
    return Platform(replace(platform.settings, values=values, home=home or platform.settings.home), platform.engine)


def due(platform: Platform) -> dict[str, Mail]:
    mails = notices.due_mails(platform)
    assert len(mails) == len({mail.address for mail in mails})
    return {mail.address: mail for mail in mails}


def send(platform: Platform) -> dict[str, Mail]:
    """Mails that the server took."""
    found = due(platform)
    for mail in found.values():
        notices.note(platform, mail)
    return found


def kinds(mail: Mail) -> list[str]:
    return [topic.kind for topic in mail.topics]


def test_a_report_is_reminded_of_before_it_is_due_and_asked_for_afterwards_each_once(inbox: Inbox) -> None:
    telecom(inbox, "I/2024", "2024-04-05")  # that of the second quarter is due on Friday, 5 July
    assert set(send(standing(inbox.platform, "2024-07-02"))) == {CENTRE}
    mail = send(standing(inbox.platform, "2024-07-03"))[DEPARTMENT]
    assert mail.subject == "[Chỉ Số] 03/07/2024: 1 báo cáo sắp đến hạn"
    assert "Kính gửi: Sở Thông tin và Truyền thông," in mail.body
    assert re.search(r"^- Hạ tầng viễn thông.*: kỳ quý II/2024 \(hạn gửi 05/07/2024\)$", mail.body, re.MULTILINE)
    assert "- departments/telecom: 2024-Q2 (due 2024-07-05)" in mail.body.partition("-" * 72)[2]
    assert DEPARTMENT not in due(standing(inbox.platform, "2024-07-04"))
    assert kinds(send(standing(inbox.platform, "2024-07-08"))[DEPARTMENT]) == ["overdue"]
    assert DEPARTMENT not in due(standing(inbox.platform, "2024-07-09"))


def test_what_came_is_neither_reminded_of_nor_asked_for(inbox: Inbox) -> None:
    telecom(inbox, "I/2024", "2024-04-05")
    telecom(inbox, "II/2024", "2024-07-01")
    assert set(due(standing(inbox.platform, "2024-07-03"))) == {CENTRE}


def test_one_mail_an_address_and_day_of_all_that_is_new(inbox: Inbox) -> None:
    telecom(inbox, "III/2023", "2023-10-05")
    smart_city(inbox, "Huyện Sa Thầy", "6 tháng đầu năm 2023", "2023-07-05")
    hostile = "bi\u202egoc\n{{ 7*7 }}<b>.xlsx"
    assert not inbox.ingest(TELECOM, b"<html>", hostile, received=on("2024-07-02")).accepted
    today = standing(inbox.platform, "2024-07-09")
    mails = due(today)
    assert set(mails) == {CENTRE, DEPARTMENT, DISTRICT}
    mail = mails[DEPARTMENT]
    assert (mail.subject, kinds(mail)) == ("[Chỉ Số] 09/07/2024: 3 báo cáo quá hạn, 1 tệp bị từ chối", ["overdue", "refused"])
    assert "kỳ quý IV/2023, quý I/2024, quý II/2024 (hạn gửi sớm nhất 08/01/2024, quá hạn" in mail.body
    assert "Tệp “bi\\u202egoc\\u000a{{ 7*7 }}<b>.xlsx”" in mail.body
    assert "là trang web (HTML), không phải bảng tính" in mail.body
    assert "is a web page (HTML)" in mail.body
    assert "Huyện Sa Thầy: kỳ năm 2023" in mails[DISTRICT].body
    send(today)
    assert due(today) == {}
    assert not inbox.ingest(TELECOM, b"<html>!", "khac.xlsx", received=on("2024-07-03")).accepted
    assert due(today) == {}  # what happens later that day waits for the next
    assert kinds(due(standing(inbox.platform, "2024-07-10"))[DEPARTMENT]) == ["refused"]


def test_whose_delivery_led_to_a_hold_is_told_of_it_once(inbox: Inbox) -> None:
    restate(inbox, 50, 60)
    mail = send(standing(inbox.platform, "2024-07-05"))[DEPARTMENT]
    assert "held" in kinds(mail)
    [line] = [line for line in mail.body.splitlines() if "households_fibre_pct" in line]
    assert line == "- households_fibre_pct: 14 values of 2024-H1, 2024-Q2; the first restated: was 50"
    assert "- Tỷ lệ hộ gia đình có cáp quang: 14 giá trị, kỳ 6 tháng đầu năm 2024, quý II/2024" in mail.body
    assert DEPARTMENT not in due(standing(inbox.platform, "2024-07-06"))
    inbox.ingest(TELECOM, form(70), "70.xlsx", received=at(3))
    computing.compute_stale(inbox.platform)
    assert "held" in kinds(due(standing(inbox.platform, "2024-07-08"))[DEPARTMENT])


def test_the_data_centre_gets_a_digest_every_day_and_what_has_no_other_address(inbox: Inbox, tmp_path: Path) -> None:
    telecom(inbox, "I/2024", "2024-04-05")
    home = tmp_path / "home"
    shutil.copytree(inbox.platform.settings.home / "include/schemas", home / "include/schemas")
    shutil.copytree(inbox.platform.settings.home / "expectations", home / "expectations")
    (home / "include/schemas/reference" / FILE).write_text("agency_code,name,email,note\n", "utf-8")
    mails = send(standing(inbox.platform, "2024-07-09", home=home))
    assert set(mails) == {CENTRE}
    body = mails[CENTRE].body
    assert "1 lượt gửi được nạp (5 dòng), 0 bị từ chối" in body
    assert "Tỷ lệ báo cáo 50 %, đúng hạn 50 %; giá trị chờ phê duyệt: 0." in body
    assert "Báo cáo quá hạn: 1\n  - Hạ tầng viễn thông" in body
    assert "- [Sở Thông tin và Truyền thông] Hạ tầng viễn thông" in body
    assert due(standing(inbox.platform, "2024-07-09", "khac@example.vn", home)) == {}
    [again] = send(standing(inbox.platform, "2024-07-10", home=home)).values()
    assert (again.subject, kinds(again)) == ("[Chỉ Số] 10/07/2024: tổng hợp trong ngày", ["digest"])
    assert "0 lượt gửi được nạp" in again.body


def test_what_was_mailed_is_a_row_and_an_event_that_nobody_can_alter(inbox: Inbox) -> None:
    telecom(inbox, "I/2024", "2024-04-05")
    mail = send(standing(inbox.platform, "2024-07-09"))[DEPARTMENT]
    with inbox.platform.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT agency, kind, key FROM notices.mail JOIN notices.topic USING (mail_id) WHERE address = :to"),
                                  {"to": DEPARTMENT}).all()  # fmt: skip
        told = sa.text("SELECT payload FROM audit.event WHERE kind = 'mailed' AND payload ->> 'message_id' = :id")
        said = list(connection.execute(told, {"id": mail.message_id}).scalars())
    assert rows == [("000.00.11.H34", "overdue", "departments/telecom/000.00.11.H34/civil/2024-Q2")]
    assert [event["topics"] for event in said] == [[dict(zip(("agency", "kind", "key"), rows[0], strict=True))]]
    assert DEPARTMENT not in str(said)
    assert verification.verify(inbox.platform)["ok"]
    for table in ("mail", "topic"):
        with pytest.raises(sa.exc.DBAPIError, match="insert-only"), inbox.platform.engine.begin() as connection, owning(connection):
            connection.execute(sa.text(f"DELETE FROM notices.{table}"))


def test_a_mail_that_was_sent_but_not_noted_is_sent_again_as_the_same(inbox: Inbox) -> None:
    telecom(inbox, "I/2024", "2024-04-05")
    today = standing(inbox.platform, "2024-07-09")
    assert due(today)[DEPARTMENT].message_id == due(today)[DEPARTMENT].message_id
    assert due(today)[DEPARTMENT].message_id != due(today)[CENTRE].message_id
    assert due(today)[DEPARTMENT].message_id != due(standing(inbox.platform, "2024-07-10"))[DEPARTMENT].message_id


def test_one_sends_at_a_time(platform: Platform) -> None:
    with notices.turn(platform), platform.engine.connect() as other:
        assert other.execute(sa.text("SELECT pg_try_advisory_lock(7205003)")).scalar() is False
    with platform.engine.connect() as other:
        assert other.execute(sa.text("SELECT pg_try_advisory_lock(7205003)")).scalar() is True


@pytest.mark.parametrize("address", ["", "ttdl", "a@b.vn, c@d.vn", "Lan <a@b.vn>"])
def test_the_data_centre_needs_one_address(address: str, platform: Platform) -> None:
    with pytest.raises(SettingsError, match="CHISO_DATA_CENTRE_EMAIL"):
        notices.due_mails(standing(platform, "2024-07-09", address))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("x,y,a@b.vn;c@d.vn,z", "line 2: 'a@b.vn;c@d.vn' is no address"),
        ("x,y,,z", "line 2: '' is no address"),
        ("x,y,a@b.vn,z\nx,y,c@b.vn,z", "line 3: x is stated twice"),
    ],
)
def test_a_faulty_contact_is_named(lines: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference" / FILE).write_text(f"agency_code,name,email,note\n{lines}\n", "utf-8")
    with pytest.raises(ContractError) as fault:
        load_contacts(tmp_path)
    assert said in str(fault.value)


def test_every_agency_of_the_list_has_a_contact_and_no_other(platform: Platform) -> None:
    from chiso.province.units import load_reference

    agencies = {agency.code for agency in load_reference(platform.settings.schemas).agencies}
    found = load_contacts(platform.settings.schemas)
    assert found.keys() == agencies
    assert all(address.endswith("@example.vn") for address in found.values())


@pytest.mark.parametrize("code", ["2024-06-15", "2024-06", "2024-12", "2024-Q2", "2024-H1", "2024-H2", "2024-9M", "2024"])
def test_a_period_s_name_is_read_as_that_period(code: str) -> None:
    written = in_vietnamese(Period.of(code))
    if code != "2024-06-15":  # which calendar a day is of isn't a cell's to say
        assert from_words(written) == code
    else:
        assert written == "ngày 15/06/2024"
