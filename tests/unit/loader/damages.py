"""What may happen to a file: bits flip, its end is lost, its cells move or hold nonsense."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    Damage = Callable[[bytes, random.Random], bytes]


def flip_bits(data: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(20):
        damaged[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def truncate(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) // 3, len(data))]


def make_ragged(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    for _ in range(5):
        place = chance.randrange(1, len(lines))
        lines[place] = chance.choice([
            lines[place].replace(b",", b"", 1), lines[place] + b",1", lines[place] + b'"',
            lines[place][: len(lines[place]) // 2], lines[place].replace(b'"', b"", 1),
        ])  # fmt: skip
    return b"\n".join(lines)


def wrong_values(data: bytes, chance: random.Random) -> bytes:
    """Numbers become what no number is, or what no chain can hold."""
    wrong = [b"NaN", b"-Infinity", b"null", b"[]", b"{}", b"true", b'"text"', b"9" * 400, b"1e999",
             b"-5", b"1.5", b"0x", b"\xff\xfe", b'"\\ud800"', b"\x00", b"1 000"]  # fmt: skip
    lines = data.split(b"\n")
    for _ in range(12):
        place = chance.randrange(1, len(lines))
        if lines[place].startswith(b"{") and b"\xff" not in lines[place]:
            pairs = lines[place].split(b", ")
            pair = chance.randrange(len(pairs))
            key, _, rest = pairs[pair].partition(b": ")
            close = rest[len(rest.rstrip(b"]}")) :]
            pairs[pair] = key + b": " + chance.choice(wrong) + close
            lines[place] = b", ".join(pairs)
        else:
            cells = lines[place].split(b",")
            cells[chance.randrange(len(cells))] = chance.choice(wrong)
            lines[place] = b",".join(cells)
    return b"\n".join(lines)


DAMAGES: list[Damage] = [flip_bits, truncate, make_ragged, wrong_values]
