import xml.etree.ElementTree as ET

from volest.report.plots.paper import write_figures
from volest.report.plots.plot import Axis, Line, Plot, Points

SVG = "{http://www.w3.org/2000/svg}"


def _plot(**options):
    marks = (Points((1.0, 2.0), (2.0, 1.0)), Line((0.0, 3.0), (0.0, 3.0), "identity"))
    given = {"title": "Title", "message": "Message.", "keys": (("identity", "agreement"),), **options}
    return Plot(name="figure", x=Axis("x (mL)", 0, 3), y=Axis("y (mL)", 0, 3), marks=marks, **given)


def test_a_figure_is_an_svg_with_its_title_and_message(tmp_path):
    (path,) = write_figures([_plot()], tmp_path)
    root = ET.parse(path).getroot()
    assert root.find(f"{SVG}title").text == "Title"
    assert root.find(f"{SVG}desc").text == "Message."
    assert len(root.findall(f".//{SVG}circle")) == 2
    assert "agreement" in [text.text for text in root.iter(f"{SVG}text")]


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    (first,), (second,) = (write_figures([_plot()], tmp_path / name) for name in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_names_cannot_break_the_file(tmp_path):
    (path,) = write_figures([_plot(title="</title><script>", message='"<&>\x00\x1b例')], tmp_path)
    assert ET.parse(path).getroot().find(f"{SVG}title").text == "</title><script>"
