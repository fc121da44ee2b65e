"""Units of volume, and the millilitres in each."""

import re
from enum import StrEnum

from volest.errors import ManifestError


class Unit(StrEnum):
    """What labels are written in."""

    MM3 = "mm3"
    CM3 = "cm3"
    CC = "cc"
    ML = "ml"
    DL = "dl"
    L = "l"


ML_PER_UNIT = {Unit.MM3: 0.001, Unit.CM3: 1.0, Unit.CC: 1.0, Unit.ML: 1.0, Unit.DL: 100.0, Unit.L: 1000.0}

_SPELT = {
    **{unit.value: unit for unit in Unit},
    **{"mm³": Unit.MM3, "mm^3": Unit.MM3, "cmm": Unit.MM3, "µl": Unit.MM3, "μl": Unit.MM3, "ul": Unit.MM3},
    **{"cm³": Unit.CM3, "cm^3": Unit.CM3, "ccm": Unit.CM3, "liter": Unit.L, "litre": Unit.L},
}

_LAST_WORD = re.compile(r"(?:^|[\s_(\[/,.-])(?:in\s+)?([a-zµμ]+[3³]?|[cm]m\^3)\s*[)\]]?$")


def unit_in(name: str) -> Unit | None:
    """Unit that the name of a column ends with: `Volumen [cm³]`, `volume_mm3`; None where it names none."""
    found = _LAST_WORD.search(name.strip().casefold())
    return _SPELT.get(found[1]) if found else None


def choose_unit(given: Unit | None, name: str, where: str) -> Unit:
    """The unit that was asked for, else millilitres.

    Args:
        given: asked for by the user, who is believed.
        name: of the column or field.
        where: in words, for the message.

    Raises:
        ManifestError: nothing was asked for, and the name tells of another unit than mL.
    """
    named = unit_in(name)
    if given is None and named is not None and ML_PER_UNIT[named] != 1:
        raise ManifestError(
            f"{where}: its name tells of {named.value}, but volumes are read in mL unless told. "
            f"Say --unit {named.value}, or --unit ml if they are millilitres all the same."
        )
    return given or Unit.ML
