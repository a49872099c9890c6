"""Small bytes that unpack to very many."""

from __future__ import annotations

import zlib

HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\x03"


def gigabyte_of_zeros() -> bytes:
    """A gzip file of a megabyte that unpacks to a gigabyte; made of one block many times, so that it costs nothing.

    Its checksum is false: nobody is to come as far as that.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(b"\0" * 2**20) + packer.flush(zlib.Z_FULL_FLUSH)
    return HEADER + block * 1024 + b"\x03\0" + b"\0\0\0\0" + (2**30).to_bytes(4, "little")
