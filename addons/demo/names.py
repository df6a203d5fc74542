"""Names of people, companies and places, for inventing believable ones. Any likeness is by chance."""

from __future__ import annotations

WOMEN = (
    "Anne", "Bente", "Birgitte", "Camilla", "Charlotte", "Dorthe", "Ellen", "Emma", "Freja", "Gitte", "Hanne",
    "Helle", "Ida", "Inge", "Jette", "Julie", "Karen", "Kirsten", "Laura", "Lene", "Line", "Lise", "Lone", "Louise",
    "Maja", "Maria", "Marianne", "Merete", "Mette", "Pernille", "Pia", "Rikke", "Signe", "Sofie", "Susanne", "Tina",
    "Tove",
)  # fmt: skip
MEN = (
    "Allan", "Anders", "Bent", "Bjarne", "Brian", "Carsten", "Christian", "Claus", "Daniel", "Erik", "Finn",
    "Flemming", "Frank", "Frederik", "Hans", "Henrik", "Ib", "Jacob", "Jan", "Jens", "Jesper", "Jørgen", "Karl",
    "Kasper", "Kim", "Kurt", "Lars", "Leif", "Mads", "Martin", "Michael", "Mikkel", "Morten", "Niels", "Ole", "Per",
    "Peter", "Poul", "Rasmus", "Simon", "Steen", "Svend", "Søren", "Thomas", "Torben", "Ulrik",
)  # fmt: skip
SURNAMES = (
    "Andersen", "Bach", "Bang", "Bertelsen", "Bjerre", "Bruun", "Carlsen", "Christensen", "Clausen", "Dahl", "Dam",
    "Eriksen", "Frandsen", "Frederiksen", "Gregersen", "Hald", "Hansen", "Hedegaard", "Henriksen", "Holm",
    "Iversen", "Jacobsen", "Jensen", "Jepsen", "Johansen", "Jørgensen", "Karlsen", "Kjær", "Kristensen", "Krogh",
    "Larsen", "Lassen", "Laursen", "Lind", "Lund", "Madsen", "Mikkelsen", "Mogensen", "Munk", "Møller", "Nielsen",
    "Nissen", "Nørgaard", "Olesen", "Olsen", "Overgaard", "Pedersen", "Petersen", "Poulsen", "Rasmussen", "Ravn",
    "Schmidt", "Simonsen", "Skov", "Sørensen", "Thomsen", "Toft", "Vestergaard", "Winther",
)  # fmt: skip
#: postcode and town
TOWNS = (
    ("2100", "København Ø"), ("2450", "København SV"), ("2600", "Glostrup"), ("2630", "Taastrup"), ("2730", "Herlev"),
    ("2750", "Ballerup"), ("3000", "Helsingør"), ("3400", "Hillerød"), ("3600", "Frederikssund"), ("4000", "Roskilde"),
    ("4100", "Ringsted"), ("4200", "Slagelse"), ("4300", "Holbæk"), ("4400", "Kalundborg"), ("4600", "Køge"),
    ("4700", "Næstved"), ("4800", "Nykøbing F"), ("5000", "Odense C"), ("5220", "Odense SØ"), ("5500", "Middelfart"),
    ("5700", "Svendborg"), ("5800", "Nyborg"), ("6000", "Kolding"), ("6100", "Haderslev"), ("6200", "Aabenraa"),
    ("6400", "Sønderborg"), ("6500", "Vojens"), ("6700", "Esbjerg"), ("6800", "Varde"), ("6900", "Skjern"),
    ("7000", "Fredericia"), ("7100", "Vejle"), ("7300", "Jelling"), ("7400", "Herning"), ("7430", "Ikast"),
    ("7500", "Holstebro"), ("7600", "Struer"), ("7700", "Thisted"), ("7800", "Skive"), ("7900", "Nykøbing M"),
    ("8000", "Aarhus C"), ("8200", "Aarhus N"), ("8260", "Viby J"), ("8300", "Odder"), ("8362", "Hørning"),
    ("8400", "Ebeltoft"), ("8500", "Grenaa"), ("8600", "Silkeborg"), ("8660", "Skanderborg"), ("8700", "Horsens"),
    ("8800", "Viborg"), ("8900", "Randers"), ("9000", "Aalborg"), ("9220", "Aalborg Øst"), ("9400", "Nørresundby"),
    ("9500", "Hobro"), ("9700", "Brønderslev"), ("9800", "Hjørring"), ("9900", "Frederikshavn"), ("9990", "Skagen"),
)  # fmt: skip
STREETS = (
    "Industrivej", "Fabriksvej", "Havnegade", "Værkstedsvej", "Energivej", "Smedevej", "Håndværkervej",
    "Erhvervsparken", "Nordre Kobbelvej", "Søndre Ringvej", "Banevej", "Møllevej", "Kanalvej", "Lundevej",
    "Birkevej", "Teglværksvej", "Savværksvej", "Transportvej", "Vesterhavnen", "Østhavnsvej", "Hovedvejen",
    "Metalvej", "Hjulmagervej", "Parallelvej",
)  # fmt: skip
#: what a company does; {place} and {name} are filled in
TRADES = (
    "{place} Fjernvarme A.m.b.a.", "{place} Forsyning A/S", "{place} Vandværk A.m.b.a.", "{place} Kraftvarmeværk A/S",
    "{place} Biogas ApS", "{place} Mejeri A/S", "{place} Bryghus ApS", "{place} Kemi A/S", "{place} Papir A/S",
    "{place} Skibsværft A/S", "{place} Maskinfabrik A/S", "{place} VVS & Energi ApS", "{place} Rørteknik ApS",
    "{place} Procesanlæg A/S", "{place} Renseanlæg", "{name} VVS A/S", "{name} Rustfri ApS", "{name} Kedelservice ApS",
    "{name} Automation A/S", "{name} Køleteknik ApS", "{name} & Søn Smedeforretning", "{name} Industri A/S",
    "{name} Procesteknik ApS", "{name} Marine Service A/S", "{name} Fødevaremaskiner A/S", "{name} Instrumentering ApS",
)  # fmt: skip
#: country, pattern of the name, postcode and town, street, domain, calling code
ABROAD = (
    ("SE", "Malmö Processventiler AB", "211 20", "Malmö", "Hamngatan 14", "malmoprocess.example"),
    ("SE", "Göteborgs Ångteknik AB", "411 05", "Göteborg", "Industrigatan 8", "angteknik.example"),
    ("SE", "Helsingborgs Rörservice AB", "252 25", "Helsingborg", "Verkstadsgatan 3", "rorservice.example"),
    ("NO", "Bergen Skipsutstyr AS", "5003", "Bergen", "Strandgaten 21", "skipsutstyr.example"),
    ("NO", "Stavanger Offshore Ventil AS", "4006", "Stavanger", "Havneveien 5", "offshoreventil.example"),
    ("DE", "Flensburger Anlagenbau GmbH", "24937", "Flensburg", "Werftstraße 12", "anlagenbau.example"),
    ("DE", "Kieler Armaturenhandel GmbH", "24103", "Kiel", "Hafenstraße 40", "armaturen.example"),
    ("DE", "Hanse Prozesstechnik GmbH", "20457", "Hamburg", "Am Sandtorkai 7", "hanseprozess.example"),
    ("NL", "Rotterdam Flow Control B.V.", "3011 AA", "Rotterdam", "Havenstraat 88", "flowcontrol.example"),
    ("PL", "Gdańska Armatura Sp. z o.o.", "80-001", "Gdańsk", "ul. Portowa 17", "armatura.example"),
    ("PL", "Szczecin Instalacje S.A.", "70-001", "Szczecin", "ul. Stoczniowa 4", "instalacje.example"),
    ("BG", "Varna Ventil OOD", "9000", "Varna", "ul. Devnya 22", "ventil.example"),
    ("BG", "Sofia Prozes AD", "1000", "Sofia", "bul. Balgaria 51", "prozes.example"),
)  # fmt: skip
JOBS = (
    ("Purchaser", "Purchasing"), ("Head of purchasing", "Purchasing"), ("Project manager", "Engineering"),
    ("Maintenance manager", "Operations"), ("Plant manager", "Operations"), ("Instrument engineer", "Engineering"),
    ("Technical director", "Management"), ("Managing director", "Management"), ("Accountant", "Accounts"),
    ("Foreman", "Workshop"), ("Storekeeper", "Stores"),
)  # fmt: skip
#: what customers need valves for
PROJECTS = (
    "new boiler house", "shutdown in the summer", "pump station", "heat exchanger station", "CIP line", "steam line",
    "sludge treatment", "ballast water system", "district heating extension", "spare parts for stock", "dosing plant",
    "cooling circuit", "fuel oil system", "brewhouse", "filter plant", "second production line", "biogas upgrade",
    "fire water main", "revision of the control valves", "test rig",
)  # fmt: skip
COMPETITORS = ("Valvetech", "Armaturhuset", "Flowpartner", "Ventilgruppen", "Rørimporten")
