"""What the path of a scan tells: `{patient}/{date}_{scan}.nrrd`."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from volest.datasets.columns import clean, column_of
from volest.errors import ManifestError
from volest.images.formats import SUFFIXES, scan_stem

_TOKEN = re.compile(
    r"\{(?P<name>[^{}:]*)(?::(?P<form>(?:[^{}]|\{[^{}]*\})+))?\}|(?P<wild>\*\*/|\*\*|\*)|(?P<text>[^{}*]+)"
)
_DATE = r"\d{8}|\d{4}[-._]\d{1,2}[-._]\d{1,2}|\d{1,2}[-._]\d{1,2}[-._]\d{4}"
_FORBIDDEN = ("path", "mask_path", "sha256")


@dataclass(frozen=True)
class PathPattern:
    r"""Fields in curly brackets, wildcards `*` and `**`, and text that stands for itself.

    A field is any text without a slash; `{patient:P\d+}` gives it a form, a regular expression. `{date}` is a date. A
    field that stands twice is the same text twice. `*` is anything without a slash, `**/` any number of folders. A
    pattern without a known suffix takes them all. Upper and lower case matter, but not in the suffix.

    Attributes:
        option: what the user gave it to, for messages.
    """

    text: str
    option: str = "--pattern"

    def __post_init__(self) -> None:
        list(self._tokens)
        for expression in (self._lazy, self._greedy):
            assert expression is not None

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields, each once."""
        return tuple(dict.fromkeys(token["name"].strip() for token in self._tokens if token["name"] is not None))

    @property
    def has_wildcards(self) -> bool:
        """Whether it stands for more than one path once its fields are filled."""
        return any(token["wild"] for token in self._tokens)

    def match(self, path: str) -> dict[str, str] | None:
        """Fields of a path with forward slashes; None where it does not fit.

        Raises:
            ManifestError: the path can be read in two ways.
        """
        few, many = (form.fullmatch(self._subject(path)) for form in (self._lazy, self._greedy))
        if few is None or many is None:
            return None
        read, other = self._named(few), self._named(many)
        if read != other:
            raise ManifestError(
                f"{self.option} {self.text!r}: {path!r} can be read as {_spoken(read)} or as {_spoken(other)}. "
                r"Give a field its form, such as {patient:P\d+} or {scan:[a-z0-9]+}."
            )
        return read

    def fits(self, path: str) -> bool:
        """Whether a path can be read by it, in one way or several."""
        return self._lazy.fullmatch(self._subject(path)) is not None

    def fill(self, fields: Mapping[str, str]) -> str | None:
        """The path that the fields give; None where one of them is not known."""
        parts: list[str] = []
        for token in self._tokens:
            if token["name"] is None:
                parts.append(_literal(token))
            elif (value := fields.get(column_of(token["name"].strip()))) is not None:
                parts.append(value)
            else:
                return None
        return "".join(parts) + self._suffix

    def _subject(self, path: str) -> str:
        whole = Path(clean(path))
        return (whole if self._suffix else whole.with_name(scan_stem(whole))).as_posix()

    @cached_property
    def _suffix(self) -> str:
        """Of the format that it asks for; '' where it takes them all."""
        text = clean(self.text)
        known = [suffix for suffix in SUFFIXES if text.casefold().endswith(suffix)]
        return text[-max(map(len, known)) :] if known else ""

    @cached_property
    def _tokens(self) -> tuple[re.Match[str], ...]:
        return tuple(self._read_tokens())

    def _read_tokens(self) -> Iterator[re.Match[str]]:
        text, at = clean(self.text).removeprefix("./").removesuffix(self._suffix), 0
        while at < len(text):
            token = _TOKEN.match(text, at)
            if token is None or (token["name"] is not None and not token["name"].strip().isidentifier()):
                raise ManifestError(
                    f"{self.option} {self.text!r}: {text[at : at + 20]!r} is no field. Write fields as {{patient}}, "
                    "{scan}, {date}, {device} or any other name, and no curly brackets elsewhere."
                )
            if token["name"] is not None and column_of(token["name"].strip()) in _FORBIDDEN:
                raise ManifestError(
                    f"{self.option} {self.text!r}: {token[0]} cannot come from a path. Use another name."
                )
            yield token
            at = token.end()

    @cached_property
    def _lazy(self) -> re.Pattern[str]:
        return self._compiled("?")

    @cached_property
    def _greedy(self) -> re.Pattern[str]:
        return self._compiled("")

    def _compiled(self, lazy: str) -> re.Pattern[str]:
        parts: list[str] = []
        for token in self._tokens:
            parts.append(self._expression(token, lazy, parts))
        try:
            return re.compile(f"{''.join(parts)}(?i:{re.escape(self._suffix)})")
        except re.error as error:
            raise ManifestError(
                f"{self.option} {self.text!r}: the form of a field is no regular expression: {error}. Correct what "
                "stands behind its colon."
            ) from None

    def _expression(self, token: re.Match[str], lazy: str, before: list[str]) -> str:
        if token["text"] is not None:
            return re.escape(_literal(token))
        if token["wild"]:
            return {"*": f"[^/]*{lazy}", "**": f".*{lazy}", "**/": f"(?:[^/]+/)*{lazy}"}[token["wild"]]
        group = f"g{self.fields.index(token['name'].strip())}"
        if any(part.startswith(f"(?P<{group}>") for part in before):
            return f"(?P={group})"
        usual = _DATE if column_of(token["name"].strip()) == "acquired_on" else f"[^/]+{lazy}"
        return f"(?P<{group}>{token['form'] or usual})"

    def _named(self, match: re.Match[str]) -> dict[str, str]:
        return {column_of(name): match[f"g{place}"] for place, name in enumerate(self.fields)}


def path_key(path: Path) -> str:
    """What two spellings of one path share: accents composed, `..` resolved in the text, the suffix in lower case."""
    text = clean(Path(os.path.normpath(path.absolute())).as_posix())
    suffix = max((suffix for suffix in SUFFIXES if text.casefold().endswith(suffix)), key=len, default="")
    return text[: len(text) - len(suffix)] + suffix


def _literal(token: re.Match[str]) -> str:
    return str(token["text"]).replace("\\", "/")  # as paths are compared; typed so on Windows


def _spoken(fields: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in fields.items())
