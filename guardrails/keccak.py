"""Keccak-256 as Ethereum uses it: SHA-3 before its padding was changed, which hashlib has not.

Source: the Keccak reference, version 3.0, of the authors of SHA-3. About 0.3 ms a block.
"""

from __future__ import annotations

_RATE_BYTES = 136
_MASK = (1 << 64) - 1
_ROUNDS = 24


def keccak256(data: bytes) -> bytes:
    """Return the digest, 32 bytes.

    >>> keccak256(b"").hex()[:16]
    'c5d2460186f7233c'
    """
    padded = bytearray(data) + b"\x01"
    padded += bytes(-len(padded) % _RATE_BYTES)
    padded[-1] |= 0x80
    lanes = [[0] * 5 for _ in range(5)]
    for block in range(0, len(padded), _RATE_BYTES):
        for lane in range(_RATE_BYTES // 8):
            at = block + 8 * lane
            lanes[lane % 5][lane // 5] ^= int.from_bytes(padded[at : at + 8], "little")
        lanes = _permute(lanes)
    return b"".join(lanes[x][0].to_bytes(8, "little") for x in range(4))


def _permute(a: list[list[int]]) -> list[list[int]]:
    register = 1
    for _ in range(_ROUNDS):
        # theta
        parity = [a[x][0] ^ a[x][1] ^ a[x][2] ^ a[x][3] ^ a[x][4] for x in range(5)]
        mixed = [parity[(x + 4) % 5] ^ _rotate(parity[(x + 1) % 5], 1) for x in range(5)]
        a = [[lane ^ mixed[x] for lane in a[x]] for x in range(5)]
        # rho and pi
        x, y, current = 1, 0, a[1][0]
        for step in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            current, a[x][y] = a[x][y], _rotate(current, (step + 1) * (step + 2) // 2)
        # chi
        a = [
            [a[x][y] ^ ~a[(x + 1) % 5][y] & a[(x + 2) % 5][y] & _MASK for y in range(5)]
            for x in range(5)
        ]
        # iota: the constant's bits come from a shift register of eight bits
        for bit in range(7):
            register = (register << 1 ^ (register >> 7) * 0x71) % 256
            if register & 2:
                a[0][0] ^= 1 << ((1 << bit) - 1)
    return a


def _rotate(lane: int, count: int) -> int:
    count %= 64
    return (lane << count | lane >> (64 - count)) & _MASK
