"""What the demo company sells: about 150 articles of valves, actuators, instruments, parts and work."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Ware:
    """One article; ``group`` and ``family`` are codes, prices in DKK for one unit."""

    group: str
    family: str
    family_name: tuple[str, str]
    code: str
    name: tuple[str, str]  # English, Danish
    price: Decimal
    cost: Decimal
    unit: str = "C62"
    service: bool = False
    weight: Decimal | None = None


GROUPS = (
    ("V", None, "Valves", "Ventiler"),
    ("VK", "V", "Ball valves", "Kugleventiler"),
    ("VS", "V", "Butterfly valves", "Spjældventiler"),
    ("VR", "V", "Globe and control valves", "Sæde- og reguleringsventiler"),
    ("VC", "V", "Check valves and strainers", "Kontraventiler og filtre"),
    ("A", None, "Actuators", "Aktuatorer"),
    ("AP", "A", "Pneumatic actuators", "Pneumatiske aktuatorer"),
    ("AE", "A", "Electric actuators", "Elektriske aktuatorer"),
    ("I", None, "Instruments", "Instrumenter"),
    ("P", None, "Parts and accessories", "Dele og tilbehør"),
    ("S", None, "Work and services", "Arbejde og ydelser"),
)


def wares(chance: random.Random) -> Iterator[Ware]:
    """All articles, the same for the same ``chance``."""
    for family, code, names, dns, base, per_mm, exponent in _VALVES:
        for dn in dns:
            price = Decimal(round((base + per_mm * float(dn**exponent)) / 5) * 5)
            size = f"DN{dn}"
            yield Ware(
                group=family,
                family=code,
                family_name=names,
                code=f"{code}-{dn:03}",
                name=(f"{names[0]} {size}", f"{names[1]} {size}"),
                price=price,
                cost=_cost(chance, price),
                weight=Decimal(round(dn * dn * 0.011)) / 10 + Decimal("0.3"),
            )
    for group, code, names, sizes, base in _SIZED:
        for number, (suffix, label) in enumerate(sizes):
            price = Decimal(round(base * 1.38 ** float(number) / 5) * 5)
            yield Ware(
                group=group,
                family=code,
                family_name=names,
                code=f"{code}-{suffix}",
                name=(f"{names[0]} {label}", f"{names[1]} {_DANISH.get(label, label)}"),
                price=price,
                cost=_cost(chance, price),
            )
    for code, names, fee, unit in _WORK:
        yield Ware(
            group="S",
            family=code,
            family_name=names,
            code=code,
            name=names,
            price=Decimal(fee),
            cost=Decimal(fee) * Decimal("0.6"),
            unit=unit,
            service=True,
        )


def _cost(chance: random.Random, price: Decimal) -> Decimal:
    return (price * Decimal(chance.randint(46, 68)) / 100).quantize(Decimal("0.01"))


#: group, code, names, nominal diameters, price = base + per_mm × dn ^ exponent
_VALVES: tuple[tuple[str, str, tuple[str, str], tuple[int, ...], float, float, float], ...] = (
    ("VK", "KV2M", ("Ball valve, brass, 2 pieces", "Kugleventil, messing, 2-delt"),
     (10, 15, 20, 25, 32, 40, 50, 65), 60, 2.1, 1.25),
    ("VK", "KV3S", ("Ball valve, 316, 3 pieces", "Kugleventil, 316, 3-delt"),
     (15, 20, 25, 32, 40, 50, 65, 80, 100), 180, 3.4, 1.45),
    ("VK", "KVFS", ("Ball valve, flanged, steel PN40", "Kugleventil, flange, stål PN40"),
     (25, 40, 50, 65, 80, 100, 150), 420, 4.2, 1.5),
    ("VK", "KVFR", ("Ball valve, flanged, 316 PN40", "Kugleventil, flange, 316 PN40"),
     (25, 32, 40, 50, 65, 80, 100), 640, 6.9, 1.5),
    ("VS", "SVWE", ("Butterfly valve, wafer, EPDM", "Spjældventil, wafer, EPDM"),
     (50, 65, 80, 100, 125, 150, 200, 250, 300), 280, 1.1, 1.55),
    ("VS", "SVWN", ("Butterfly valve, wafer, NBR", "Spjældventil, wafer, NBR"),
     (50, 65, 80, 100, 125, 150, 200), 310, 1.2, 1.55),
    ("VS", "SVLE", ("Butterfly valve, lug, EPDM", "Spjældventil, lug, EPDM"),
     (50, 65, 80, 100, 125, 150, 200), 380, 1.4, 1.55),
    ("VS", "SVHP", ("Butterfly valve, high performance, 316", "Spjældventil, højtryk, 316"),
     (80, 100, 150, 200), 2100, 9.5, 1.4),
    ("VR", "SDVS", ("Globe valve, cast steel PN40", "Sædeventil, støbestål PN40"),
     (15, 20, 25, 32, 40, 50, 65, 80, 100), 690, 8.5, 1.4),
    ("VR", "RGV2", ("Control valve, 2-way, PN25", "Reguleringsventil, 2-vejs, PN25"),
     (15, 20, 25, 32, 40, 50, 65, 80), 1650, 14, 1.4),
    ("VR", "RGV3", ("Control valve, 3-way, PN16", "Reguleringsventil, 3-vejs, PN16"),
     (15, 20, 25, 32, 40, 50), 1900, 17, 1.4),
    ("VC", "KTVW", ("Check valve, wafer, 316", "Kontraventil, wafer, 316"),
     (15, 20, 25, 32, 40, 50, 80, 100), 140, 2.6, 1.45),
    ("VC", "SMFY", ("Strainer, Y-type, cast iron PN16", "Snavssamler, Y-type, støbejern PN16"),
     (15, 20, 25, 40, 50, 65, 80, 100), 210, 2.2, 1.5),
)  # fmt: skip

_SIZED: tuple[tuple[str, str, tuple[str, str], tuple[tuple[str, str], ...], float], ...] = (
    ("AP", "PAD", ("Pneumatic actuator, double acting", "Pneumatisk aktuator, dobbeltvirkende"),
     (("020", "20 Nm"), ("045", "45 Nm"), ("090", "90 Nm"), ("180", "180 Nm"), ("350", "350 Nm"),
      ("700", "700 Nm")), 620),
    ("AP", "PAF", ("Pneumatic actuator, spring return", "Pneumatisk aktuator, fjederretur"),
     (("015", "15 Nm"), ("030", "30 Nm"), ("060", "60 Nm"), ("120", "120 Nm"), ("240", "240 Nm"),
      ("480", "480 Nm")), 840),
    ("AE", "EAO", ("Electric actuator, on/off, 230 V", "Elektrisk aktuator, on/off, 230 V"),
     (("035", "35 Nm"), ("060", "60 Nm"), ("100", "100 Nm"), ("200", "200 Nm"), ("400", "400 Nm")), 2350),
    ("AE", "EAM", ("Electric actuator, modulating, 24 V", "Elektrisk aktuator, modulerende, 24 V"),
     (("035", "35 Nm"), ("060", "60 Nm"), ("100", "100 Nm"), ("200", "200 Nm")), 3100),
    ("I", "POS", ("Positioner", "Positioner"),
     (("P1", "pneumatic 3–15 psi"), ("E1", "electro-pneumatic 4–20 mA"), ("D1", "digital HART"),
      ("D2", "digital Profibus PA")), 2900),
    ("I", "MAG", ("Solenoid valve, NAMUR", "Magnetventil, NAMUR"),
     (("24D", "24 V DC"), ("230", "230 V AC"), ("EXI", "Ex ia")), 540),
    ("I", "ESB", ("Limit switch box", "Endestopboks"),
     (("M2", "mechanical"), ("I2", "inductive"), ("X2", "inductive, Ex ia"), ("AS", "AS-interface")), 690),
    ("P", "MKIT", ("Mounting kit", "Monteringssæt"),
     (("F03", "F03/F05"), ("F05", "F05/F07"), ("F07", "F07/F10"), ("F10", "F10/F12"), ("F12", "F12/F14")), 145),
    ("P", "PAK", ("Gasket set", "Pakningssæt"),
     (("E15", "EPDM DN15–25"), ("E40", "EPDM DN32–50"), ("E80", "EPDM DN65–100"), ("T40", "PTFE DN15–50"),
      ("T80", "PTFE DN65–100")), 65),
    ("P", "HGB", ("Hand lever", "Håndgreb"), (("S", "small"), ("M", "medium"), ("L", "large")), 55),
    ("P", "GRB", ("Gear box with hand wheel", "Snekkegear med håndhjul"), (("150", "150 Nm"),
      ("350", "350 Nm"), ("800", "800 Nm")), 590),
)  # fmt: skip

_DANISH = {
    "pneumatic 3–15 psi": "pneumatisk 3–15 psi",
    "electro-pneumatic 4–20 mA": "elektropneumatisk 4–20 mA",
    "digital HART": "digital, HART",
    "mechanical": "mekanisk",
    "inductive": "induktiv",
    "inductive, Ex ia": "induktiv, Ex ia",
    "small": "lille",
    "medium": "mellem",
    "large": "stort",
}

_WORK: tuple[tuple[str, tuple[str, str], int, str], ...] = (
    ("ARB-SAM", ("Assembly and test in our workshop", "Sammenbygning og test på eget værksted"), 685, "HUR"),
    ("ARB-IDR", ("Commissioning on site", "Idriftsættelse på stedet"), 985, "HUR"),
    ("ARB-KUR", ("Course for operators, one day", "Kursus for operatører, en dag"), 14500, "C62"),
    ("ARB-CER", ("Certificate 3.1, EN 10204", "Certifikat 3.1, EN 10204"), 250, "C62"),
    ("ARB-FRA", ("Freight and packing", "Fragt og emballage"), 480, "C62"),
)
