"""One look for every page, in one file that asks nothing of the network."""

import base64
import hashlib
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from volest import __version__
from volest.report.figures import count, millilitres

STYLE = "style.css"


def render_page(template: str, script: str, **content: object) -> str:
    """A page as HTML, its style and script inside, everything that comes from files escaped.

    The Content-Security-Policy lets the browser run the page's own script and style, known by their SHA-256, and show
    pictures that stand in the page. Nothing else may run or be fetched, whatever a scan is called.

    Args:
        template: name of a template that extends `base.html`.
        script: name of the script beside it.
        content: what the template shows.
    """
    style, code = _source(STYLE), _source(script)
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


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("volest.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(ml=millilitres, count=count)
    return environment


def _source(name: str) -> str:
    environment = _environment()
    assert environment.loader is not None
    source, _, _ = environment.loader.get_source(environment, name)
    return source


def _hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
