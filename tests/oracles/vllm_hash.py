#!/usr/bin/env python3
"""Independent oracle for vLLM prefix-cache block hashes.

Written from the published behaviour of vLLM; no vLLM code, no cbor2 and no pickle are used
to *produce* hashes: the CBOR and pickle byte streams are built by hand here, so
the module doubles as a description of the bytes for a port to another language.
Only dependencies: hashlib, and the `xxhash` module for the two xxhash algos.

    python3 vllm_hash.py hash --algo sha256_cbor --seed 42 --block-size 16 1 2 3 ...
    python3 vllm_hash.py none-hash --algo sha256_cbor --seed 0
    python3 vllm_hash.py selftest
"""
from __future__ import annotations

import argparse
import hashlib
import json
import struct
import sys
from dataclasses import dataclass, field
from typing import Any, Optional, Sequence

U64 = (1 << 64) - 1
DEFAULT_NONE_HASH_SEED = "vllm-none-hash"  # vLLM with PR #51875 and PYTHONHASHSEED unset


# --------------------------------------------------------------------------- CBOR
def _head(major: int, n: int) -> bytes:
    m = major << 5
    if n < 24:
        return bytes([m | n])
    if n < 1 << 8:
        return bytes([m | 24, n])
    if n < 1 << 16:
        return bytes([m | 25]) + n.to_bytes(2, "big")
    if n < 1 << 32:
        return bytes([m | 26]) + n.to_bytes(4, "big")
    return bytes([m | 27]) + n.to_bytes(8, "big")


def cbor(o: Any) -> bytes:
    """Canonical CBOR for exactly the shapes vLLM hashes."""
    if o is None:
        return b"\xf6"
    if o is True:
        return b"\xf5"
    if o is False:
        return b"\xf4"
    if isinstance(o, int):
        if 0 <= o <= U64:
            return _head(0, o)
        if -(U64 + 1) <= o < 0:
            return _head(1, -1 - o)
        # bignum: tag 2 / tag 3 then the minimal big-endian byte string
        tag, mag = (2, o) if o > 0 else (3, -1 - o)
        raw = mag.to_bytes((mag.bit_length() + 7) // 8, "big")
        return _head(6, tag) + _head(2, len(raw)) + raw
    if isinstance(o, (bytes, bytearray, memoryview)):
        b = bytes(o)
        return _head(2, len(b)) + b
    if isinstance(o, str):
        b = o.encode("utf-8")
        return _head(3, len(b)) + b
    if isinstance(o, (tuple, list)):
        return _head(4, len(o)) + b"".join(cbor(x) for x in o)
    raise TypeError(type(o))


# --------------------------------------------------------------------------- pickle
class _Pickle:
    """Byte-exact protocol-5 pickle of nested tuples of bytes/str/int/None.

    Mirrors CPython's C pickler for these shapes: every bytes, str and non-empty
    tuple is followed by MEMOIZE; a *repeated object* (same identity) becomes a
    BINGET instead. `same` lets the caller state which strings share identity.
    """

    FRAME_TARGET = 64 * 1024

    def __init__(self) -> None:
        self.out = bytearray()
        self.memo: dict[int, int] = {}
        self.keep: list[Any] = []

    def memoize(self, o: Any) -> None:
        self.memo[id(o)] = len(self.memo)
        self.keep.append(o)
        self.out += b"\x94"

    def get(self, idx: int) -> None:
        self.out += b"h" + bytes([idx]) if idx < 256 else b"j" + struct.pack("<I", idx)

    def save(self, o: Any) -> None:
        if o is None:
            self.out += b"N"
            return
        if o is True or o is False:
            self.out += b"\x88" if o else b"\x89"
            return
        if isinstance(o, int):
            if 0 <= o <= 0xFF:
                self.out += b"K" + bytes([o])
            elif 0 <= o <= 0xFFFF:
                self.out += b"M" + struct.pack("<H", o)
            elif -0x80000000 <= o <= 0x7FFFFFFF:
                self.out += b"J" + struct.pack("<i", o)
            else:
                n = (o.bit_length() >> 3) + 1
                raw = o.to_bytes(n, "little", signed=True)
                # trim one redundant sign byte exactly as encode_long does for negatives
                if o < 0 and n > 1 and raw[-1] == 0xFF and raw[-2] & 0x80:
                    raw = raw[:-1]
                self.out += b"\x8a" + bytes([len(raw)]) + raw
            return
        if id(o) in self.memo and not (isinstance(o, tuple) and not o):
            self.get(self.memo[id(o)])
            return
        if isinstance(o, bytes):
            n = len(o)
            if n <= 0xFF:
                self.out += b"C" + bytes([n]) + o
            else:
                self.out += b"B" + struct.pack("<I", n) + o
            self.memoize(o)
            return
        if isinstance(o, str):
            b = o.encode("utf-8", "surrogatepass")
            n = len(b)
            if n <= 0xFF:
                self.out += b"\x8c" + bytes([n]) + b
            else:
                self.out += b"X" + struct.pack("<I", n) + b
            self.memoize(o)
            return
        if isinstance(o, tuple):
            n = len(o)
            if n == 0:
                self.out += b")"
                return
            if n > 3:
                self.out += b"("
            for x in o:
                self.save(x)
            self.out += {1: b"\x85", 2: b"\x86", 3: b"\x87"}.get(n, b"t")
            self.memoize(o)
            return
        raise TypeError(type(o))


def pickle5(o: Any) -> bytes:
    p = _Pickle()
    p.save(o)
    p.out += b"."
    body = bytes(p.out)
    if len(body) > _Pickle.FRAME_TARGET:
        raise ValueError("multi-frame pickles are outside this oracle's scope")
    if len(body) < 4:  # frames shorter than 4 bytes carry no FRAME opcode
        return b"\x80\x05" + body
    return b"\x80\x05\x95" + struct.pack("<Q", len(body)) + body


# --------------------------------------------------------------------------- digests
def _xxh3_128(b: bytes) -> bytes:
    import xxhash

    return xxhash.xxh3_128_digest(b)  # 16 bytes, big-endian (canonical) form


def _sha256(b: bytes) -> bytes:
    return hashlib.sha256(b).digest()


ALGOS = {
    # name: (serializer, digest, "int64"|"int256"|"bytes")
    "sha256_cbor": (cbor, _sha256, "bytes"),  # v0.10.2+
    "xxhash_cbor": (cbor, _xxh3_128, "bytes"),  # v0.13.0+
    "sha256": (pickle5, _sha256, "bytes"),  # v0.10.2+ default
    "xxhash": (pickle5, _xxh3_128, "bytes"),  # v0.13.0+
    "sha256_cbor_64bit": (cbor, _sha256, "int64"),  # v0.10.0 .. v0.10.1.1
    "sha256_legacy_int": (pickle5, _sha256, "int256"),  # "sha256" in v0.8.3 .. v0.10.1.1
}


def hash_obj(algo: str, o: Any) -> Any:
    ser, dig, kind = ALGOS[algo]
    d = dig(ser(o))
    if kind == "bytes":
        return d
    v = int.from_bytes(d, "big")
    return v & U64 if kind == "int64" else v


def none_hash(algo: str, seed: Optional[str]) -> Any:
    """seed = the *string* PYTHONHASHSEED (never parsed as an int); it is hashed
    as that text. None -> the process-independent default of newer vLLM (only
    valid for sha256/sha256_cbor there; older vLLM uses 32 random bytes)."""
    if seed is None:
        seed = DEFAULT_NONE_HASH_SEED
    return hash_obj(algo, seed)


def wire_int(h: Any) -> int:
    """Integer form published in KV events (VLLM_KV_EVENTS_USE_INT_BLOCK_HASHES=1):
    the LOW 64 bits of the big-endian digest, i.e. its LAST eight bytes."""
    if isinstance(h, int):
        return h
    return int.from_bytes(h[-8:], "big")


# --------------------------------------------------------------------------- extra keys
@dataclass
class MM:
    identifier: str
    offset: int
    length: int


@dataclass
class Request:
    token_ids: Sequence[int]
    lora_id: Optional[int] = None
    lora_name: Optional[str] = None
    cache_salt: Optional[str] = None
    mm: list[MM] = field(default_factory=list)
    # one sha256 digest (or raw bytes before v0.17) per block index
    prompt_embeds: Optional[dict[int, bytes]] = None


@dataclass(frozen=True)
class Rules:
    """Which era's extra keys to build."""

    lora: str = "name"  # "id" (<= v0.11.0) | "name" (>= v0.11.1)
    mm: str = "pair"  # "bare" (<= v0.18) | "pair" (>= v0.19: (identifier, offset - block_start))
    # <= v0.18, resumed blocks only: an item whose span ended exactly at the
    # block start still counts (strict ">" instead of ">=" in vLLM)
    resume_end_inclusive: bool = False


RULES_V0_10 = Rules(lora="id", mm="bare", resume_end_inclusive=True)
RULES_V0_11_1 = Rules(lora="name", mm="bare", resume_end_inclusive=True)
RULES_V0_19 = Rules(lora="name", mm="pair", resume_end_inclusive=False)


def extra_keys(req: Request, rules: Rules, start: int, end: int,
               resumed: bool = False) -> Optional[tuple]:
    """Extra keys of the block [start, end).

    resumed=True models a block that was completed by *generated* tokens after
    the request's prompt blocks had been hashed: vLLM then restarts from the
    LAST multimodal item only, so earlier items inside that block are forgotten.
    """
    keys: list[Any] = []
    if req.lora_name is not None or req.lora_id is not None:
        keys.append(req.lora_id if rules.lora == "id" else req.lora_name)
    items = sorted(req.mm, key=lambda m: m.offset)
    for it in items[-1:] if resumed else items:
        stop = it.offset + it.length
        if it.offset >= end:
            break
        passed = start > stop if resumed and rules.resume_end_inclusive else start >= stop
        if passed:
            continue
        keys.append(it.identifier if rules.mm == "bare" else (it.identifier, it.offset - start))
        if stop > end:
            break
    if start == 0 and req.cache_salt:
        keys.append(req.cache_salt)
    if req.prompt_embeds is not None:
        keys.append(req.prompt_embeds[start // max(1, end - start)])
    return tuple(keys) if keys else None


def chain(algo: str, seed: Optional[str], block_size: int, req: Request,
          rules: Rules = RULES_V0_19, none: Any = None,
          prompt_len: Optional[int] = None) -> list[dict]:
    """Hash every FULL block; returns [{hash, wire, extra}].

    prompt_len: tokens known when the request was created; blocks ending
    beyond it are "resumed" (each is hashed in a later call, as tokens arrive).
    """
    root = none if none is not None else none_hash(algo, seed)
    parent = root
    out = []
    ids = list(req.token_ids)
    for s in range(0, len(ids) - block_size + 1, block_size):
        e = s + block_size
        resumed = prompt_len is not None and e > prompt_len and s > 0
        ex = extra_keys(req, rules, s, e, resumed)
        h = hash_obj(algo, (parent or root, tuple(ids[s:e]), ex))
        out.append({"hash": h, "wire": wire_int(h), "extra": ex})
        parent = h
    return out


def max_hit_tokens(num_tokens: int, block_size: int, cached_blocks: int) -> int:
    """Longest usable hit: whole blocks only, and never the very last token."""
    return min(cached_blocks, (num_tokens - 1) // block_size) * block_size


def _fmt(h: Any) -> Any:
    return h.hex() if isinstance(h, (bytes, bytearray)) else h


def main() -> int:
    ap = argparse.ArgumentParser()
    sub = ap.add_subparsers(dest="cmd", required=True)
    h = sub.add_parser("hash")
    h.add_argument("--algo", default="sha256_cbor", choices=sorted(ALGOS))
    h.add_argument("--seed", default=None)
    h.add_argument("--block-size", type=int, default=16)
    h.add_argument("--lora-name")
    h.add_argument("--lora-id", type=int)
    h.add_argument("--salt")
    h.add_argument("--mm", action="append", default=[], help="identifier:offset:length")
    h.add_argument("--rules", default="v0.19", choices=["v0.10", "v0.11.1", "v0.19"])
    h.add_argument("tokens", nargs="*", type=int)
    n = sub.add_parser("none-hash")
    n.add_argument("--algo", default="sha256_cbor", choices=sorted(ALGOS))
    n.add_argument("--seed", default=None)
    sub.add_parser("selftest")
    a = ap.parse_args()
    if a.cmd == "none-hash":
        v = none_hash(a.algo, a.seed)
        print(json.dumps({"none_hash": _fmt(v), "wire": wire_int(v)}))
        return 0
    if a.cmd == "selftest":
        return selftest()
    rules = {"v0.10": RULES_V0_10, "v0.11.1": RULES_V0_11_1, "v0.19": RULES_V0_19}[a.rules]
    mm = []
    for m in a.mm:
        ident, off, ln = m.rsplit(":", 2)
        mm.append(MM(ident, int(off), int(ln)))
    req = Request(a.tokens, a.lora_id, a.lora_name, a.salt, mm)
    for b in chain(a.algo, a.seed, a.block_size, req, rules):
        print(json.dumps({"hash": _fmt(b["hash"]), "wire": b["wire"], "extra": repr(b["extra"])}))
    return 0


def selftest() -> int:
    """Checks against values produced by other people's code."""
    bad = 0

    def eq(name: str, got: Any, want: Any) -> None:
        nonlocal bad
        ok = got == want
        bad += not ok
        print(("ok   " if ok else "FAIL ") + name + ("" if ok else f"\n   got  {got}\n   want {want}"))

    # dynamo, "Golden values produced by vLLM 29bf597539 itself"
    eq("dynamo none_hash", none_hash("sha256_cbor", None).hex(),
       "9bd96a485ad84efdafb72ee48a1d7a69bcead0f8f0433173941b276b9581eef0")
    toks = [(i * 7919 + 13) % 152064 for i in range(300)]
    c = chain("sha256_cbor", None, 128, Request(toks))
    eq("dynamo digest0", c[0]["hash"].hex(), "3c922374e6fe67f3c64e75b88a3b8bd6185b538f7019674b72aefbf8dd8754f8")
    eq("dynamo digest1", c[1]["hash"].hex(), "2e69fa8c8aebe362593b51b8b212f1aeb45f9bb56c4258c0bf2a94f1e384e2a5")
    eq("dynamo wire", [b["wire"] for b in c], [8263819412558533880, 13774986176891249317])
    try:
        eq("xxh3_128(abc)", _xxh3_128(b"abc").hex(), "06b05ab6733a618578af5f94892f3950")
    except ImportError:
        print("skip xxhash")
    import pickle
    import random

    rnd = random.Random(7)
    n = 0
    for _ in range(3000):
        k = rnd.choice([1, 2, 3, 4, 16, 64, 256])
        hi = rnd.choice([255, 256, 65535, 65536, 152064, 2**31 - 1])
        ex = rnd.choice([None, ("lora-" + str(rnd.random()),), ("salt",), (7,),
                         (("img" + str(rnd.random()), rnd.randrange(-500, 500)), "salt" + str(k))])
        o = (rnd.randbytes(32), tuple(rnd.randrange(hi + 1) for _ in range(k)), ex)
        n += pickle5(o) == pickle.dumps(o, protocol=5)
        assert pickle.HIGHEST_PROTOCOL == 5
    eq("pickle emulation (3000 random)", n, 3000)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
