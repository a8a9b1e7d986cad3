"""The static site: complete, escaped, offline, readable on a phone, and written only where something changed."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from chiso.flow import computing, deciding, quarantining
from chiso.indicators import Decided
from chiso.inquiry import cases, reports, verification, verified
from chiso.system.platform import Platform

from tests.browser import as_url, browser, complaints, requests, resize, scrolls_sideways
from tests.conftest import Server, _platform
from tests.deliveries import (
    COMMUNES_OF_DAK_GLEI,
    PERSONAL,
    Inbox,
    at,
    csv_bytes,
    dossier,
    dossiers,
    telecom_form,
    telecom_row,
)

DOSSIERS, FORM = "portal/dossiers", "departments/telecom"
HOSTILE = "<script>alert(1)</script><img src=http://evil.example/x onerror=alert(2)>"
LONG = "Biểu_" + "rất_dài_" * 18


def form(*fibre: object) -> bytes:
    rows = [telecom_row(number, name, 100, figure) for number, (name, figure) in enumerate(zip(COMMUNES_OF_DAK_GLEI, fibre, strict=True), 1)]
    return telecom_form(rows, period="Kỳ báo cáo: Quý II/2024")


@pytest.fixture(scope="module")
def told(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inbox]:
    """Deliveries of every fate, with hostile names and figures; decisions; a verification."""
    folder = tmp_path_factory.mktemp("told")
    for platform in _platform(server, folder / "var"):
        inbox = Inbox(folder / "in", platform)
        inbox.ingest(DOSSIERS, csv_bytes([dossier(1, TrangThai="11", MucDo=HOSTILE), *dossiers(40, 2)]), "a'\"<b>.csv", received=at(1))
        inbox.ingest(FORM, form(50, 50, 50, 50, HOSTILE), f"{LONG}.xlsx", received=at(1))
        inbox.ingest(FORM, form(50, 50, 50, 50, 50), "50.xlsx", received=at(2))
        inbox.ingest(FORM, form(200, 200, 200, 200, 200), "refused.xlsx", received=at(3))
        computing.compute_stale(platform)
        inbox.ingest(FORM, form(60, 60, 60, 60, 60), "60.xlsx", received=at(4))
        computing.compute_stale(platform)
        deciding.decide(platform, Decided("approve", "Nguyễn Thị Lan", "đã đối chiếu <b>", "command"), "2024-Q2")
        number = cases.case_rows(platform, DOSSIERS)[0]["case"]
        quarantining.discard(platform, [number], "Trần Văn Bình", "hồ sơ thử")
        verified.note(platform.settings, verification.verify(platform))
        reports.build(platform)
        yield inbox


@pytest.fixture(scope="module")
def site(told: Inbox) -> Path:
    return told.platform.settings.reports / "site"


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]


def read(path: Path) -> _Links:
    found = _Links()
    found.feed(path.read_text("utf-8"))
    return found


def test_every_link_leads_to_a_page_and_every_page_is_linked(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    reached = set()
    for page in pages:
        for link in read(page).links:
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve()
            assert target.is_relative_to(site.resolve()) and target.exists(), (page, link)
            assert not anchor or f'id="{anchor}"' in target.read_text("utf-8")
            reached.add(target)
    assert {page.resolve() for page in pages} <= reached
    assert len([page for page in pages if page.parent.name == "deliveries"]) == 5


def test_pages_have_no_scripts_no_styles_of_their_own_and_name_no_other_host(site: Path) -> None:
    for page in site.rglob("*.html"):
        found = read(page)
        assert not {"script", "style", "iframe", "form", "img", "object", "base"} & set(found.tags), page
        assert not [name for name in found.attributes if name == "style" or name.startswith("on")], page
        assert not [link for link in found.links if "//" in link or ":" in link], page
        assert page.read_text("utf-8").count("http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'self' file:;") == 1
    assert not re.search(r"url\(|@import|//", (site / "style.css").read_text("utf-8"))


def test_hostile_figures_and_names_stay_text(site: Path) -> None:
    text = "".join(page.read_text("utf-8") for page in site.rglob("*.html"))
    assert "&lt;script&gt;" in text and "<b>.csv" not in text and "đã đối chiếu &lt;b&gt;" in text
    assert not [word for word in PERSONAL if word in text]


def page_of(site: Path, name: str) -> str:
    [page] = [page for page in (site / "deliveries").glob("*.html") if f": {name}</h1>" in page.read_text("utf-8")]
    return page.read_text("utf-8")


def test_a_page_tells_why_a_file_was_refused_and_which_rules_ran(site: Path) -> None:
    refused = page_of(site, "refused.xlsx")
    assert "bị từ chối" in refused and "Quá nhiều dòng bị loại (5/5)" in refused and "Số hộ có cáp quang (200) lớn hơn số hộ." in refused
    assert "commune values must never be null." in refused and "SELECT" not in refused
    accepted = page_of(site, "50.xlsx")
    assert "(100 %)" in accepted and "không đạt" not in accepted and "đã có lượt mới hơn" in accepted
    half = page_of(site, f"{LONG}.xlsx")
    assert "Biểu 1 D11" in half and "phát hiện" in half and "đã sửa" in half  # its case, from finding to correction


def test_pages_tell_who_decided_and_that_nothing_was_altered(site: Path) -> None:
    decisions, audit = ((site / f"{name}.html").read_text("utf-8") for name in ("decisions", "audit"))
    assert "Nguyễn Thị Lan" in decisions and "Trần Văn Bình" in decisions and "hồ sơ thử" in decisions
    assert "Không phát hiện thay đổi." in audit and "quyết định về giá trị" in audit
    period = (site / "periods/civil-2024-Q2.html").read_text("utf-8")
    assert "Nguyễn Thị Lan" in period and ">60<" in period
    assert "đúng hạn" in (site / "timeliness.html").read_text("utf-8")


def test_only_what_changed_is_written(told: Inbox, site: Path) -> None:
    """The audit trail grows with every building, since that is told too."""
    made = reports.build(told.platform)
    assert made.written and set(made.written.written) == {"audit.html"}
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*.html")}
    delivery = told.ingest(FORM, form(61, 60, 60, 60, 60), "61.xlsx", received=at(5)).delivery
    made = reports.build(told.platform)
    assert made.written and f"deliveries/{delivery}.html" in made.written.written
    unchanged = {path for path, then in before.items() if path.stat().st_mtime_ns == then}
    superseded = {site / "deliveries/5.html"}
    assert {path for path in before if path.parent.name == "deliveries"} - unchanged == superseded
    assert json.loads((site / "pages.json").read_text("utf-8")).keys() == {path.relative_to(site).as_posix() for path in site.rglob("*.html")}


def test_a_page_of_which_nothing_is_known_any_more_goes(told: Inbox, site: Path) -> None:
    known = json.loads((site / "pages.json").read_text("utf-8"))
    (site / "deliveries/99.html").write_text("x")
    (site / "pages.json").write_text(json.dumps(known | {"deliveries/99.html": "x"}))
    made = reports.build(told.platform)
    assert made.written and made.written.removed == ("deliveries/99.html",) and not (site / "deliveries/99.html").exists()


def test_an_empty_platform_has_a_site_too(platform: Platform) -> None:
    made = reports.build(platform)
    assert made.written
    assert "Chưa kiểm tra lần nào." in made.written.first.read_text("utf-8")
    for page in made.written.first.parent.rglob("*.html"):
        assert all((page.parent / link.partition("#")[0]).exists() for link in read(page).links), page


def test_in_a_browser_on_a_desk_and_on_a_phone(site: Path) -> None:
    looked_at = ["index.html", "deliveries.html", "deliveries/1.html", "deliveries/2.html", "deliveries/4.html", "quarantine.html",
                 "quarantine/portal_dossiers.html", "timeliness.html", "decisions.html", "audit.html", "periods/civil-2024-Q2.html"]  # fmt: skip
    with browser() as session:
        for width in (1280, 360):
            resize(session, width)
            for name in looked_at:
                session.get(as_url(site / name))
                assert complaints(session) == [], name
                assert not scrolls_sideways(session), (name, width)
                assert session.execute_script("return getComputedStyle(document.querySelector('header')).backgroundColor") == "rgb(11, 83, 148)"
        assert [url for url in requests(session) if url.startswith("http")] == []
