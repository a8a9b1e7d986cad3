"""Pages of figures: targets with their plots, a page an indicator with its restatements, a page a unit beside the province."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from chiso.flow import computing
from chiso.inquiry import reports, verification
from selenium.webdriver.common.by import By

from tests.browser import as_url, browser, complaints, requests, resize, scrolls_sideways
from tests.conftest import Server, _platform
from tests.deliveries import COMMUNES_OF_DAK_GLEI, Inbox, at, telecom_form, telecom_row
from tests.integration.test_site import read

FORM = "departments/telecom"
QUARTERS = ["I/2023", "II/2023", "III/2023", "IV/2023", "I/2024", "II/2024"]
PLOT = "plots/households_fibre_pct.svg"


def form(quarter: str, fibre: int) -> bytes:
    rows = [telecom_row(place, name, 100, fibre) for place, name in enumerate(COMMUNES_OF_DAK_GLEI, 1)]
    return telecom_form(rows, period=f"Kỳ báo cáo: Quý {quarter}")


@pytest.fixture(scope="module")
def told(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inbox]:
    """Six quarters, of which the first was corrected; one file was refused."""
    folder = tmp_path_factory.mktemp("figures")
    for platform in _platform(server, folder / "var"):
        inbox = Inbox(folder / "in", platform)
        for place, quarter in enumerate(QUARTERS):
            inbox.ingest(FORM, form(quarter, 50 + 2 * place), f"{place}.xlsx", received=at(1 + place))
        computing.compute_stale(platform)
        inbox.ingest(FORM, form(QUARTERS[0], 49), "corrected.xlsx", received=at(8))
        computing.compute_stale(platform)
        inbox.ingest(FORM, form("III/2024", 200), "refused.xlsx", received=at(9))
        reports.build(platform)
        yield inbox


@pytest.fixture(scope="module")
def site(told: Inbox) -> Path:
    return told.platform.settings.reports / "site"


def text(path: Path) -> str:
    """What a reader sees, on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", path.read_text("utf-8")).split())


def test_targets_have_their_forecast_and_their_plot(site: Path) -> None:
    page = text(site / "targets.html")
    assert "Nghị quyết 09-NQ/TU về chuyển đổi số" in page and "Kế hoạch 419/KH-UBND về chuyển đổi số" in page
    row = page.partition("nq09.15 ")[2].partition("nq09.16")[0]
    assert "80 2025 60 2024-Q2" in row and "chưa đạt" in row
    assert re.search(r"73,21 \(\d\d,?\d* – \d\d,?\d*\) đạt met 2026", row), row  # from 49 to 60 in five quarters, then six more
    assert PLOT in read(site / "targets.html").links


def test_a_plot_is_a_picture_that_runs_nothing_and_asks_nobody(site: Path) -> None:
    drawn = (site / PLOT).read_text("utf-8")
    found = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(drawn).iter()}
    assert "path" in found and not {"script", "foreignObject", "image", "a"} & found
    links = [value for element in ElementTree.fromstring(drawn).iter() for name, value in element.attrib.items() if name.endswith("href")]
    assert links and all(link.startswith("#") for link in links)
    assert "Dự báo" in drawn and "%" in drawn


def test_an_indicator_tells_its_series_its_restatement_and_its_source(site: Path) -> None:
    page = text(site / "indicators/households_fibre_pct.html")
    assert "departments/telecom.households_fibre / departments/telecom.households × 100" in page
    assert "50 49 đơn vị gửi lại" in page  # before, after, cause
    assert "chờ duyệt: 49" in page
    assert "Nghị quyết 09-NQ/TU" in page
    links = read(site / "indicators/households_fibre_pct.html").links
    assert f"../{PLOT}" in links and any("units/admin_unit-" in link for link in links) and any("deliveries/" in link for link in links)


def test_a_unit_stands_beside_the_province_with_what_waits_for_it(site: Path) -> None:
    [page] = [found for path in (site / "units").glob("*.html") if (found := text(path)).startswith("Thị trấn Đắk Glei")]
    assert "Thị trấn Đắk Glei" in page and "2024-Q2" in page
    assert re.search(r"cáp quang 2024-Q2 dương lịch 60 60 %", page), page
    waits = page.partition("Dòng bị loại đang chờ")[2].partition("Báo cáo trễ")[0]
    assert FORM in waits and "2024-Q3" in waits and "đang mở" in waits


def test_the_same_data_draw_the_same_picture_and_nothing_is_drawn_twice(told: Inbox, site: Path) -> None:
    before, drawn = (site / PLOT).stat().st_mtime_ns, (site / PLOT).read_bytes()
    made = reports.build(told.platform)
    assert made.written and (site / PLOT).stat().st_mtime_ns == before
    (site / PLOT).unlink()
    reports.build(told.platform)
    assert (site / PLOT).read_bytes() == drawn
    assert verification.verify(told.platform)["faults"] == []


def test_in_a_browser_on_a_desk_and_on_a_phone(site: Path) -> None:
    unit = next((site / "units").glob("admin_unit-608-*.html"), next((site / "units").glob("*.html")))
    with browser() as session:
        for width in (1280, 360):
            resize(session, width)
            for path in (site / "targets.html", site / "indicators.html", site / "indicators/households_fibre_pct.html", site / "units.html", unit):
                session.get(as_url(path))
                assert complaints(session) == [], path
                assert not scrolls_sideways(session), (path, width)
                for picture in session.find_elements(By.TAG_NAME, "img"):
                    session.execute_script("arguments[0].loading = 'eager'", picture)
                    assert picture.get_attribute("alt")
        session.get(as_url(site / "indicators/households_fibre_pct.html"))
        assert session.execute_script("return document.images[0].naturalWidth") > 100
        assert [url for url in requests(session) if url.startswith("http")] == []
