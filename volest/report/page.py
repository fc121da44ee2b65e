"""One look for every page, in one file that asks nothing of the network."""

import base64
import hashlib
import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from volest import __version__
from volest.report.figures import millilitres
from volest.wording import counted

STYLE = "style.css"


def render_page(template: str, script: str, sheet: str | None = None, /, **content: object) -> str:
    """A page as HTML, its style and script inside, everything that comes from files escaped.

    The Content-Security-Policy lets the browser run the page's own script and style, known by their SHA-256, and show
    pictures that stand in the page. Nothing else may run or be fetched, whatever a scan is called.

    Args:
        template: name of a template that extends `base.html`.
        script: name of the script beside it.
        sheet: name of a style sheet of its own, after that of all pages.
        content: what the template shows.
    """
    style, code = "".join(_source(name) for name in (STYLE, sheet) if name), _source(script)
    return (
        _environment()
        .get_template(template)
        .render(
            policy=f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(code)}; "
            "base-uri 'none'; form-action 'none'",
            style=style,
            script=code,
            version=__version__,
            **content,
        )
    )


def render(template: str, **content: object) -> str:
    """A template by itself, everything in it escaped."""
    return _environment().get_template(template).render(**content)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("volest.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(ml=millilitres, count=counted, gaps=_gaps, ticked=ticked)
    return environment


def _gaps(text: str) -> list[tuple[str, bool]]:
    """Text in parts, and whether each stood between `[[` and `]]`, where the author must fill something in."""
    parts = re.split(r"\[\[(.*?)\]\]", text, flags=re.DOTALL)
    return [(part, place % 2 == 1) for place, part in enumerate(parts) if part]


def ticked(text: str) -> list[tuple[str, bool]]:
    """Text in parts, and whether each stood between backticks, as commands do in findings; elsewhere -1 has a minus."""
    parts = enumerate(text.split("`"))
    return [(part if place % 2 else _minus(part), place % 2 == 1) for place, part in parts if part]


def _minus(words: str) -> str:
    """A minus sign as long as a plus before numbers; hyphens within a name stay."""
    return re.sub(r"(?<![^\s(])-(?=\d)", "\u2212", words)


def _source(name: str) -> str:
    environment = _environment()
    assert environment.loader is not None
    source, _, _ = environment.loader.get_source(environment, name)
    return source


def _hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
