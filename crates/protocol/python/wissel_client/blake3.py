"""BLAKE3, as its specification has it, unkeyed and with 32 bytes of output.

A configuration is named by this hash, at most 256 KiB and seldom; that is no reason for a compiled dependency.
"""

from __future__ import annotations

import struct

_IV = (
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
)  # fmt: skip
_PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
#: Columns, then diagonals, of the state of sixteen words.
_QUARTERS = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)  # fmt: skip
_CHUNK_START, _CHUNK_END, _PARENT, _ROOT = 1, 2, 4, 8
_BLOCK_SIZE, _CHUNK_SIZE = 64, 1024
_MASK = 0xFFFFFFFF

_Words = tuple[int, ...]


def blake3(data: bytes) -> bytes:
    if len(data) <= _CHUNK_SIZE:
        words = _chunk(data, 0, _ROOT)
    else:
        left, right = _subtrees(data, 0)
        words = _parent(left, right, _ROOT)
    return struct.pack("<8I", *words)


def _tree(data: bytes, chunk_number: int) -> _Words:
    if len(data) <= _CHUNK_SIZE:
        return _chunk(data, chunk_number, 0)
    left, right = _subtrees(data, chunk_number)
    return _parent(left, right, 0)


def _subtrees(data: bytes, chunk_number: int) -> tuple[_Words, _Words]:
    """The left one is the largest full tree that leaves something for the right one."""
    chunks = (len(data) - 1) // _CHUNK_SIZE
    left_chunks = 1 << (chunks.bit_length() - 1)
    cut = left_chunks * _CHUNK_SIZE
    return _tree(data[:cut], chunk_number), _tree(data[cut:], chunk_number + left_chunks)


def _chunk(data: bytes, number: int, flags: int) -> _Words:
    chain: _Words = _IV
    starts = range(0, max(len(data), 1), _BLOCK_SIZE)
    for start in starts:
        block = data[start : start + _BLOCK_SIZE]
        block_flags = _CHUNK_START if start == 0 else 0
        if start == starts[-1]:
            block_flags |= _CHUNK_END | flags
        words = struct.unpack("<16I", block.ljust(_BLOCK_SIZE, b"\0"))
        chain = _compress(chain, words, number, len(block), block_flags)
    return chain


def _parent(left: _Words, right: _Words, flags: int) -> _Words:
    return _compress(_IV, left + right, 0, _BLOCK_SIZE, _PARENT | flags)


def _compress(chain: _Words, block: _Words, counter: int, size: int, flags: int) -> _Words:
    state = [*chain, *_IV[:4], counter & _MASK, counter >> 32, size, flags]
    for _ in range(7):
        for at, (a, b, c, d) in enumerate(_QUARTERS):
            _mix(state, a, b, c, d, block[2 * at], block[2 * at + 1])
        block = tuple(block[at] for at in _PERMUTATION)
    return tuple(state[at] ^ state[at + 8] for at in range(8))


def _mix(state: list[int], a: int, b: int, c: int, d: int, x: int, y: int) -> None:
    for word, right_d, right_b in ((x, 16, 12), (y, 8, 7)):
        state[a] = (state[a] + state[b] + word) & _MASK
        state[d] = _rotate(state[d] ^ state[a], right_d)
        state[c] = (state[c] + state[d]) & _MASK
        state[b] = _rotate(state[b] ^ state[c], right_b)


def _rotate(word: int, right: int) -> int:
    return (word >> right | word << (32 - right)) & _MASK
