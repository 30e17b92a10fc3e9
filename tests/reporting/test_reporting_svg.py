"""Pictures inside a page: ids apart, nothing from outside."""

import re
from pathlib import Path

import pytest

from dragon.errors import ArtifactError
from dragon.reporting.svg import inline

PICTURE = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns:xlink="http://www.w3.org/1999/xlink" xmlns="http://www.w3.org/2000/svg" width="300pt" viewBox="0 0 300 200">
 <metadata>about</metadata><script>alert(1)</script><!-- a comment -->
 <defs><style type="text/css">*{stroke-linejoin: round}</style><clipPath id="clip"><rect/></clipPath></defs>
 <g id="axes" clip-path="url(#clip)" onclick="alert(2)"><use xlink:href="#mark" x="1"/>
 <image xlink:href="http://example.org/x.png"/><text>a &lt;b&gt; &amp; c</text></g>
</svg>"""


def made(tmp_path, text=PICTURE):
    path = tmp_path / "figure9.svg"
    path.write_text(text)
    return path


def test_ids_and_what_refers_to_them_open_with_the_figures_name(tmp_path):
    found = inline(made(tmp_path), "figure9", "Figure 9: a label")
    assert set(re.findall(r'id="([^"]+)"', found)) == {"figure9-clip", "figure9-axes"}
    assert 'clip-path="url(#figure9-clip)"' in found
    assert 'href="#figure9-mark"' in found
    assert 'aria-label="Figure 9: a label"' in found


def test_nothing_is_fetched_or_run_and_text_stays_escaped(tmp_path):
    found = str(inline(made(tmp_path), "figure9", 'a "quoted" & <label>'))
    assert not re.search(r"http|script|onclick|metadata|comment|DOCTYPE|\?xml", found)
    assert "a &lt;b&gt; &amp; c" in found
    assert 'aria-label="a &quot;quoted&quot; &amp; ' in found


def test_the_one_rule_of_its_style_stays_inside(tmp_path):
    assert '<style type="text/css">.drawing *{stroke-linejoin: round}</style>' in inline(made(tmp_path), "f", "x")


def test_it_is_as_wide_as_drawn_and_no_wider_than_the_page(tmp_path):
    found = inline(made(tmp_path), "figure9", "x")
    assert 'style="max-width: 400px"' in found
    assert not re.search(r"<svg[^>]* width=", found)


@pytest.mark.parametrize(("text", "message"), [(None, "not there"), ("<svg><g></svg>", "not SVG")])
def test_a_missing_or_broken_picture_names_its_stage(tmp_path, text, message):
    path = Path(tmp_path / "figure9.svg")
    if text:
        path.write_text(text)
    with pytest.raises(ArtifactError, match=rf"figure9.svg: {message}.*run `dvc repro figure9`"):
        inline(path, "figure9", "x")
