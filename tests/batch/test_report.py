"""The report page, in a real browser."""

from pathlib import Path

import pytest
from browser import need_browser, open_browser
from conftest import make_hole, make_photo
from monochromic.batch import journal as journal_module
from monochromic.batch import report as report_module
from monochromic.batch.journal import Journal, Outcome
from monochromic.batch.report import write_failures, write_report
from monochromic.batch.thumbnails import thumbnail

need_browser()


@pytest.fixture(scope="module")
def page():
    with open_browser() as browser:
        yield browser.new_page(viewport={"width": 1200, "height": 800})


@pytest.fixture
def journal():
    """450 photos, each fifth of which failed; one is named like a script."""
    journal = Journal(None)
    small = thumbnail(make_photo(), make_photo(1), make_hole())
    with journal.planning():
        for i in range(450):
            name = f"/scans/</script><b>{i:03}.png"
            journal.add(name, f"sub/{i:03}.png", "stamp", "settings", {}, True)
    for i, task in enumerate(journal.tasks()):
        journal.begin(task, "settings")
        failed = Outcome("failed", f"cannot be <i>read</i> {i}", seconds=0.1)
        done = Outcome("done", "", "2 lines", 450 - i, i / 1000, 100, {"psnr": 20.0 + i / 7}, small)
        journal.end(task, failed if i % 5 == 0 else done)
    yield journal
    journal.close()


def test_the_page_is_sorted_paged_and_complete(page, journal, tmp_path):
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    place = write_report(journal, str(tmp_path), "450 photos: 360 done, 90 failed")
    page.goto(f"file://{place}")
    rows = page.locator("tbody tr")
    assert rows.count() == 200
    assert page.locator("#where").text_content() == "1 to 200 of 450"
    assert page.locator("#summary").text_content() == "450 photos: 360 done, 90 failed"
    assert "</script><b>000.png" in rows.nth(0).text_content()
    assert "cannot be <i>read</i> 0" in rows.nth(0).text_content()
    assert rows.nth(1).locator("a").get_attribute("href") == "sub/001.png"
    sizes = page.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert len(sizes) == 160
    assert set(sizes) == {2 * 53 + 4}
    page.get_by_role("button", name="damage %").click()
    page.get_by_role("button", name="damage %").click()
    assert "449.png" in rows.nth(0).text_content()
    assert "44.9" in rows.nth(0).text_content()
    page.get_by_role("button", name="seconds").click()
    assert "0.1" in rows.nth(0).text_content()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Next").click()
    assert rows.count() == 50
    page.get_by_label("only those that failed").check()
    assert page.locator("#where").text_content() == "1 to 90 of 90"
    assert page.get_by_role("button", name="PSNR dB").count() == 1
    assert asked == [page.url]
    assert not errors


def test_failures_are_a_source(journal, tmp_path):
    place = write_failures(journal, str(tmp_path))
    with Path(place).open(encoding="utf-8") as file:
        assert len(file.readlines()) == 91


def test_the_hole_is_outlined_before_and_gone_after():
    """Red is where the hole ends, in the left half alone; what was filled shows through."""
    import io

    import numpy as np
    from PIL import Image

    photo = make_photo(0, 320, 320) * 0 + 0.5
    hole = photo[:, :1] * 0
    hole[..., 80:240, 80:240] = 1
    pixels = np.asarray(Image.open(io.BytesIO(thumbnail(photo, photo, hole)))).astype(int)
    red = pixels[..., 0] - pixels[..., 1] > 60
    assert pixels.shape == (160, 324, 3)
    assert not red[:, 164:].any()
    assert not red[50:110, 50:110].any()
    ys, xs = red.nonzero()
    assert 36 <= ys.min() <= 41
    assert 118 <= xs.max() <= 122


def test_of_too_many_pictures_those_with_the_most_damage_are_kept_and_of_equals_the_first(tmp_path, monkeypatch):
    monkeypatch.setattr(journal_module, "THUMBNAILS", 3)
    monkeypatch.setattr(report_module, "THUMBNAILS", 3)
    journal = Journal(None)
    with journal.planning():
        for i in range(7):
            journal.add(f"/scans/{i}.png", f"{i}.png", "stamp", "settings", {}, True)
    for task, damage in zip(journal.tasks(), (0.1, 0.1, 0.5, 0.1, 0.0, 0.1, 0.1), strict=True):
        journal.begin(task, "settings")
        journal.end(task, Outcome("done", damage=damage, thumbnail=b"a picture"))
    kept = [row["out"] for row in journal.results() if row["picture"]]
    place = write_report(journal, str(tmp_path), "7 photos: 7 done")
    journal.close()
    assert kept == ["0.png", "1.png", "2.png"]
    assert "7 done. Pictures are of the 3 photos with the most damage." in Path(place).read_text(encoding="utf-8")


def test_a_report_that_would_be_the_same_is_not_written_again(journal, tmp_path):
    place = Path(write_report(journal, str(tmp_path), "450 photos"))
    first = place.stat().st_ino  # a file that is written has another one
    write_report(journal, str(tmp_path), "450 photos: nothing was to be done")
    assert place.stat().st_ino == first
    task = next(journal.tasks())
    for reason in ("is gone", "is gone"):  # also where it fails as before: it took other seconds
        journal.begin(task, "settings")
        journal.end(task, Outcome("failed", reason))
        write_report(journal, str(tmp_path), "450 photos")
        assert place.stat().st_ino != first
        first = place.stat().st_ino
    assert "is gone" in place.read_text(encoding="utf-8")
    place.unlink()
    write_report(journal, str(tmp_path), "450 photos")
    assert "is gone" in place.read_text(encoding="utf-8")
