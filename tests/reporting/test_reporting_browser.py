"""The page in a real browser: everything is there, nothing is asked of a network, nothing of the text is run."""

import json
import re
import shutil
import socket
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image
from report_checkout import IN_PASSAGE, IN_QUERY

from dragon.reporting.report import ReportSpec

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars", "--disable-extensions"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps"),
]
ITS_OWN = "not an origin"
"""What the log calls the initiator of the browser's own traffic: its clock, its updates."""


class Rendered(HTMLParser):
    """Ids, tags, texts by tag, and whatever would be fetched, of a serialised DOM."""

    def __init__(self, dom):
        super().__init__()
        self.ids, self.tags, self.fetched, self.rows, self.inside = set(), [], [], {}, []
        self.feed(dom)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append(tag)
        if "id" in found:
            self.ids.add(found["id"])
        if tag == "figure":
            self.inside.append(found.get("id"))
        if tag in ("tr", "svg") and self.inside:
            self.rows[self.inside[-1]] = self.rows.get(self.inside[-1], 0) + 1
        self.fetched += [
            value for key, value in attributes if key in ("src", "srcset", "href") and not value.startswith("#")
        ]
        self.fetched += [tag] if tag in ("link", "iframe", "object", "embed", "base") else []

    def handle_endtag(self, tag):
        if tag == "figure":
            self.inside.pop()


def closed_port():
    """Nobody listens there, so whatever goes to the proxy fails and is logged."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def browse(page, tmp_path, *flags, anchor=""):
    """Open the page in a fresh profile; returns (what it printed, requests it made)."""
    log = tmp_path / "net.json"
    profile = [f"--user-data-dir={tmp_path / 'profile'}", f"--log-net-log={log}"]
    network = [f"--proxy-server=127.0.0.1:{closed_port()}", "--proxy-bypass-list=<-loopback>"]
    command = [CHROMIUM, *FLAGS, *profile, *network, *flags, f"{page.as_uri()}{anchor}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    text = log.read_text()
    events = json.loads(text if text.rstrip().endswith("}") else text.rstrip().rstrip(",") + "]}")["events"]
    made = [event["params"] for event in events if "initiator" in event.get("params", {})]
    return done.stdout, sorted({one["url"] for one in made if one["initiator"] != ITS_OWN})


@pytest.fixture(scope="session")
def page(finished_checkout):
    return finished_checkout / "reports" / "built" / "index.html"


@pytest.fixture(scope="session")
def dom(page, tmp_path_factory):
    return browse(page, tmp_path_factory.mktemp("dom"), "--dump-dom")


def test_every_table_and_figure_is_rendered(dom, finished_checkout):
    spec, found = ReportSpec.load(finished_checkout), Rendered(dom[0])
    for name in (*spec.tables, *spec.figures):
        assert found.rows.get(name, 0) >= 2, name
    assert {"claims-table", "what-was-run", "beside", "ways-back"} <= found.ids
    assert found.tags.count("svg") == len(spec.figures) - 1


def test_no_request_leaves_the_page(dom):
    printed, requests = dom
    assert requests == []
    assert Rendered(printed).fetched == []


def test_a_page_that_fetches_something_would_be_caught(page, tmp_path):
    """The check itself: the same page without its policy, with a picture from outside."""
    html = (
        page.read_text()
        .replace("default-src 'none'", "default-src *")
        .replace("<h1>", '<img src="http://example.org/x.png"><h1>')
    )
    other = tmp_path / "other.html"
    other.write_text(html)
    printed, requests = browse(other, tmp_path, "--dump-dom")
    assert "http://example.org/x.png" in requests
    assert Rendered(printed).fetched == ["http://example.org/x.png"]


def test_its_policy_stops_what_should_not_be_there(page, tmp_path):
    html = page.read_text().replace(
        "<h1>", '<img src="http://example.org/x.png"><script src="http://example.org/x.js"></script><h1>'
    )
    other = tmp_path / "other.html"
    other.write_text(html)
    assert browse(other, tmp_path, "--dump-dom")[1] == []


def test_texts_of_collections_are_shown_and_not_run(dom):
    for text in (IN_PASSAGE, IN_QUERY):
        assert text not in dom[0]
        assert text.replace("<", "&lt;").replace(">", "&gt;") in dom[0]
    assert Rendered(dom[0]).tags.count("script") == 1


def test_a_link_opens_the_entry_that_it_leads_to(page, tmp_path):
    printed, _ = browse(page, tmp_path, "--dump-dom", anchor="#trace-progressive-in-domain-dev")
    assert '<details id="trace-progressive" open="">' in printed
    assert '<details id="trace-uniform">' in printed


@pytest.mark.parametrize(("width", "height"), [(1280, 1800), (390, 1800)])
def test_a_screenshot_is_not_blank(page, tmp_path, width, height):
    shot = tmp_path / f"report-{width}.png"
    browse(page, tmp_path, f"--window-size={width},{height}", f"--screenshot={shot}")
    with Image.open(shot) as image:
        pixels = np.asarray(image.convert("L"), dtype=np.float64)
    assert pixels.shape == (height, width)
    assert pixels.std() > 10
    bands = pixels[: height // 9 * 9].reshape(9, -1, width)
    assert (bands.std(axis=(1, 2)) > 3).all()  # text from top to bottom


def probed(page, tmp_path, script, *flags):
    """The title that a script gives the page, run after the page's own."""
    other = tmp_path / "probe.html"
    other.write_text(page.read_text().replace("</body>", f"<script>document.title = {script};</script></body>"))
    printed, _ = browse(other, tmp_path, *flags, "--dump-dom")
    return printed.split("<title>")[1].split("</title>")[0]


def test_a_phone_scrolls_tables_and_not_the_page(page, tmp_path):
    widths = probed(
        page, tmp_path, "[document.documentElement.scrollWidth, innerWidth].join(' ')", "--window-size=390,800"
    )
    width, screen = map(int, widths.split())
    assert width <= screen


def test_details_are_open_in_print_and_closed_again_after_it(page, tmp_path):
    closed = "document.querySelectorAll('details:not([open])').length"
    after_event = f"(dispatchEvent(new Event('%sprint')), {closed})"
    script = f"[{closed}, {after_event % 'before'}, {after_event % 'after'}].join(' ')"
    before, during, after = map(int, probed(page, tmp_path, script).split())
    assert before == after > 10
    assert during == 0


def test_it_prints(page, tmp_path):
    out = tmp_path / "report.pdf"
    browse(page, tmp_path, "--no-pdf-header-footer", f"--print-to-pdf={out}")
    data = out.read_bytes()
    assert data.startswith(b"%PDF")
    assert max(map(int, re.findall(rb"/Count (\d+)", data))) >= 10  # pages
