"""Names to show in public in place of students' own: pleasant, stable, not to be reversed."""

import hmac
from collections.abc import Iterable, Mapping
from secrets import token_hex

from grader.gradebook import Gradebook

FACT = "pseudonym_secret"
QUALITIES = (
    "Amber", "Azure", "Balmy", "Bold", "Brave", "Breezy", "Bright", "Brisk", "Calm", "Candid",
    "Cheery", "Clever", "Coral", "Cosy", "Crisp", "Curious", "Daring", "Deft", "Eager", "Early",
    "Fair", "Fleet", "Fond", "Frank", "Gentle", "Gilded", "Glad", "Golden", "Graceful", "Happy",
    "Hardy", "Hearty", "Honest", "Indigo", "Jade", "Jolly", "Keen", "Kind", "Light", "Lively",
    "Lucid", "Lunar", "Mellow", "Merry", "Mild", "Misty", "Nimble", "Noble", "Patient", "Pearl",
    "Plucky", "Polar", "Proud", "Quick", "Quiet", "Ruby", "Sage", "Silver", "Solar", "Steady",
    "Sunny", "Spry", "Velvet", "Warm",
)  # fmt: skip
CREATURES = (
    "Alder", "Aspen", "Badger", "Beech", "Birch", "Bison", "Cedar", "Condor", "Cormorant",
    "Crane", "Curlew", "Dolphin", "Dormouse", "Egret", "Falcon", "Fern", "Finch", "Fox",
    "Gannet", "Gazelle", "Hare", "Hawk", "Hazel", "Heron", "Ibex", "Ibis", "Jackdaw", "Juniper",
    "Kestrel", "Kingfisher", "Kite", "Lark", "Larch", "Lemur", "Linden", "Lynx", "Magpie",
    "Maple", "Marten", "Merlin", "Nightjar", "Oak", "Osprey", "Otter", "Owl", "Petrel", "Pine",
    "Plover", "Puffin", "Raven", "Robin", "Rowan", "Seal", "Skylark", "Sparrow", "Squirrel",
    "Stork", "Swallow", "Swan", "Swift", "Tern", "Thrush", "Willow", "Wren",
)  # fmt: skip


def pseudonyms(gradebook: Gradebook, students: Iterable[str]) -> Mapping[str, str]:
    """A name such as `Amber Heron 4821` for each student: always the same in one gradebook.

    It is drawn by a secret that never leaves the gradebook, so nobody who knows the class list
    can work out whose it is.
    """
    secret = gradebook.fact(FACT)
    if secret is None:
        secret = token_hex(32)
        gradebook.set_fact(FACT, secret)
    names: dict[str, str] = {}
    taken: set[str] = set()
    drawn = {student: _drawn(secret, student, 0) for student in set(students)}
    # In an order that does not follow the real names, in case two draw the same.
    for student in sorted(drawn, key=lambda student: drawn[student]):
        turn = 0
        while (name := _name(_drawn(secret, student, turn))) in taken:
            turn += 1
        names[student] = name
        taken.add(name)
    return names


def _drawn(secret: str, student: str, turn: int) -> bytes:
    message = f"{turn}\0{student}".encode("utf-8", "surrogatepass")
    return hmac.digest(bytes.fromhex(secret), message, "sha256")


def _name(drawn: bytes) -> str:
    number = int.from_bytes(drawn[2:10], "big") % 9000 + 1000
    quality, creature = QUALITIES[drawn[0] % len(QUALITIES)], CREATURES[drawn[1] % len(CREATURES)]
    return f"{quality} {creature} {number}"
