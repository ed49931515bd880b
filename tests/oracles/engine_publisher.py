#!/usr/bin/env python3
"""A stand-in for a vLLM engine's KV-event publisher (ZMQ PUB + replay ROUTER).

Written from the published behaviour of vLLM. Speaks every wire version from v0.10.0 to v0.29+.
Needs Debian's python3-zmq and python3-msgpack (and vllm_hash.py beside it for the
"request" operation).

    engine_publisher.py --endpoint 'tcp://*:5557' --replay-endpoint 'tcp://*:5558' \
                 --topic kv-events --schema v0.26.0 < script.jsonl

One JSON object per stdin line; each line becomes ONE published batch unless it
is a control line. `{"batch":[op, op...]}` puts several events in one batch.

  {"op":"request","tokens":[...],"lora_name":null,"lora_id":null,"salt":null}
        simulate a request: prefix lookup, eviction, then store (see KvSim)
  {"op":"store","block_hashes":[..],"parent":null,"token_ids":[..],"block_size":16,
        "lora_id":null,"medium":"GPU","lora_name":null,"extra_keys":null,
        "group_idx":0,"kind":"full_attention","sliding_window":null,
        "locality":null,"ownership":null,"session_id":null}
  {"op":"remove","block_hashes":[..],"medium":"GPU","group_idx":0}
  {"op":"clear"}
  {"op":"raw","payload_hex":".."}            publish arbitrary payload bytes
  control: {"ctl":"sleep","s":0.5} {"ctl":"skip","n":3}   (burn sequence numbers:
        they go to the replay buffer but are NOT published -> a gap)
        {"ctl":"lose","n":3}  (burn numbers, buffered nowhere -> unrecoverable gap)
        {"ctl":"restart"}     (engine restart: seq back to 0, buffer and cache empty)
        {"ctl":"dump"}        (print what the simulated cache holds: {"blocks": {hash: copies}, "seq": next})
        {"ctl":"quit"}

Any op line may say "drop":true (buffered for replay, not published: a recoverable gap)
or "lose":true (neither: an unrecoverable gap).

Block hashes in JSON may be integers, decimal strings, or "hex:.." for bytes.
"""
from __future__ import annotations

import argparse
import collections
import json
import os
import queue
import sys
import threading
import time
from typing import Any, Optional

import msgpack

END_SEQ = b"\xff" * 8  # (-1) as signed 64-bit big-endian

# ------------------------------------------------------------------ wire schemas
_S0 = ["block_hashes", "parent_block_hash", "token_ids", "block_size", "lora_id"]
_SPEC = ["kv_cache_spec_kind", "kv_cache_spec_sliding_window"]
SCHEMAS: dict[str, dict[str, Any]] = {
    # required: always on the wire; optional: defaulted. Array form writes ALL fields
    # (nil for unset: msgspec ignores omit_defaults when array_like); map form omits
    # optional fields equal to None and puts the tag first under "type".
    "v0.10.0": dict(map=False, req=_S0, opt=[], rreq=["block_hashes"], ropt=[]),
    "v0.10.2": dict(map=False, req=_S0 + ["medium"], opt=[], rreq=["block_hashes", "medium"], ropt=[]),
    "v0.14.0": dict(map=False, req=_S0 + ["medium", "lora_name"], opt=[], rreq=["block_hashes", "medium"], ropt=[]),
    "v0.17.0": dict(map=False, req=_S0 + ["medium", "lora_name"], opt=["extra_keys"], rreq=["block_hashes", "medium"], ropt=[]),
    "v0.20.0": dict(map=False, req=_S0 + ["medium", "lora_name"], opt=["extra_keys", "group_idx"],
                    rreq=["block_hashes", "medium"], ropt=["group_idx"]),
    "v0.22.0": dict(map=False, req=_S0 + ["medium", "lora_name"], opt=["extra_keys", "group_idx"] + _SPEC,
                    rreq=["block_hashes", "medium"], ropt=["group_idx"]),
    "v0.24.0": dict(map=True, req=_S0 + ["medium", "lora_name"], opt=["extra_keys", "group_idx"] + _SPEC,
                    rreq=["block_hashes", "medium"], ropt=["group_idx"]),
    "v0.26.0": dict(map=True, req=_S0 + ["medium", "lora_name"], opt=["extra_keys", "group_idx"] + _SPEC + ["locality"],
                    rreq=["block_hashes", "medium"], ropt=["group_idx", "locality"]),
    "v0.29.0": dict(map=True, req=_S0 + ["medium", "lora_name"],
                    opt=["extra_keys", "group_idx"] + _SPEC + ["locality", "ownership", "session_id"],
                    rreq=["block_hashes", "medium"], ropt=["group_idx", "locality", "ownership"]),
}
# replay replies carry the topic frame from v0.26.0 on
REPLAY_HAS_TOPIC = {"v0.26.0", "v0.29.0"}


def encode_event(schema: str, tag: str, fields: dict[str, Any]) -> Any:
    sc = SCHEMAS[schema]
    req, opt = {"BlockStored": (sc["req"], sc["opt"]), "BlockRemoved": (sc["rreq"], sc["ropt"]),
                "AllBlocksCleared": ([], [])}[tag]
    if not sc["map"]:
        return [tag] + [fields.get(f) for f in req + opt]
    out: dict[str, Any] = {"type": tag}
    for f in req:
        out[f] = fields.get(f)
    for f in opt:
        if fields.get(f) is not None:
            out[f] = fields[f]
    return out


def encode_batch(schema: str, ts: float, events: list[tuple[str, dict[str, Any]]], dp_rank: Optional[int] = 0) -> bytes:
    body = [float(ts), [encode_event(schema, t, f) for t, f in events], dp_rank]
    return msgpack.packb(body, use_bin_type=True)


# ------------------------------------------------------------------ endpoint rules
def is_bind(endpoint: str) -> bool:
    return "*" in endpoint or "::" in endpoint or endpoint.startswith(("ipc://", "inproc://"))


def offset_endpoint(endpoint: Optional[str], dp_rank: int) -> Optional[str]:
    if not endpoint or dp_rank == 0:
        return endpoint
    if "inproc" in endpoint:
        return f"{endpoint}_dp{dp_rank}"
    if "tcp" in endpoint:
        base, port = endpoint.rsplit(":", 1)
        return f"{base}:{int(port) + dp_rank}"
    raise ValueError("Invalid endpoint: must contain 'inproc' or 'tcp'")  # ipc + dp_rank > 0


# ------------------------------------------------------------------ cache simulator
class KvSim:
    """Physical blocks with LRU reuse; reproduces vLLM's observable event order:
    evictions (one BlockRemoved per physical block) before the BlockStored of the
    same step, hits announce nothing, the last token is always recomputed (so a
    fully cached, block-aligned prompt re-announces its last block), and a hash can
    live in several physical blocks."""

    def __init__(self, num_blocks: int, algo: str, seed: Optional[str], block_size: int, rules: str, none: Optional[bytes] = None):
        import vllm_hash as oracle

        self.o = oracle
        self.algo, self.seed, self.bs, self.none = algo, seed, block_size, none
        self.rules = {"v0.10": oracle.RULES_V0_10, "v0.11.1": oracle.RULES_V0_11_1, "v0.19": oracle.RULES_V0_19}[rules]
        self.reset(num_blocks)

    def reset(self, num_blocks: Optional[int] = None) -> None:
        if num_blocks is not None:
            self.n = num_blocks
        self.free: "collections.OrderedDict[int, Optional[bytes]]" = collections.OrderedDict((i, None) for i in range(self.n))
        self.by_hash: dict[Any, list[int]] = {}

    def request(self, tokens: list[int], lora_name=None, lora_id=None, salt=None, mm=()) -> list[tuple[str, dict]]:
        o = self.o
        req = o.Request(tokens, lora_id, lora_name, salt, [o.MM(*m) for m in mm])
        blocks = o.chain(self.algo, self.seed, self.bs, req, self.rules, self.none)
        hit = 0
        while hit < len(blocks) and (hit + 1) * self.bs <= len(tokens) - 1 and self.by_hash.get(blocks[hit]["hash"]):
            hit += 1
        held: list[tuple[int, Any]] = []
        for b in blocks[:hit]:
            bid = self.by_hash[b["hash"]][0]
            self.free.pop(bid, None)
            held.append((bid, b["hash"]))
        need = -(-len(tokens) // self.bs) - hit
        if need > len(self.free):
            raise RuntimeError("prompt does not fit the simulated cache")
        events: list[tuple[str, dict]] = []
        fresh = []
        for _ in range(need):
            bid, old = self.free.popitem(last=False)
            if old is not None:
                self.by_hash[old].remove(bid)
                if not self.by_hash[old]:
                    del self.by_hash[old]
                events.append(("BlockRemoved", {"block_hashes": [o.wire_int(old)], "medium": "GPU", "group_idx": 0}))
            fresh.append(bid)
        new = blocks[hit:]
        if new:
            events.append(("BlockStored", {
                "block_hashes": [b["wire"] for b in new],
                "parent_block_hash": blocks[hit - 1]["wire"] if hit else None,
                "token_ids": tokens[hit * self.bs: len(blocks) * self.bs],
                "block_size": self.bs, "lora_id": lora_id, "medium": "GPU", "lora_name": lora_name,
                "extra_keys": [b["extra"] for b in new], "group_idx": 0,
                "kv_cache_spec_kind": "full_attention", "kv_cache_spec_sliding_window": None}))
        for bid, b in zip(fresh, new):
            self.by_hash.setdefault(b["hash"], []).append(bid)
            held.append((bid, b["hash"]))
        for bid in fresh[len(new):]:  # partial tail block: no hash, reused first
            self.free[bid] = None
            self.free.move_to_end(bid, last=False)
        for bid, h in reversed(held):  # request finished: tail becomes oldest
            self.free[bid] = h
        return events


# ------------------------------------------------------------------ publisher
class Publisher:
    def __init__(self, endpoint="tcp://*:5557", replay_endpoint=None, buffer_steps=10_000, hwm=100_000,
                 topic="", dp_rank=0, schema="v0.26.0", replay_topic: Optional[bool] = None, tells_subscribers=False):
        import zmq

        self.zmq = zmq
        self.schema, self.dp_rank, self.topic = schema, dp_rank, topic.encode()
        self.replay_topic = schema in REPLAY_HAS_TOPIC if replay_topic is None else replay_topic
        self.ctx = zmq.Context()
        # An XPUB is a PUB that also hands over the subscriptions that it gets: what is sent before one is lost.
        self.pub = self.ctx.socket(zmq.XPUB if tells_subscribers else zmq.PUB)
        self.pub.set_hwm(hwm)
        ep = offset_endpoint(endpoint, dp_rank)
        (self.pub.bind if is_bind(ep) else self.pub.connect)(ep)
        self.endpoint = ep
        self.replay = None
        rep = offset_endpoint(replay_endpoint, dp_rank)
        if rep is not None:
            self.replay = self.ctx.socket(zmq.ROUTER)
            self.replay.bind(rep)  # always bind
        self.replay_endpoint = rep
        self.buffer: "collections.deque[tuple[int, bytes]]" = collections.deque(maxlen=buffer_steps)
        self.seq = 0

    def publish_payload(self, payload: bytes, send=True, keep=True) -> int:
        seq = self.seq
        self.seq += 1
        if send:
            self.pub.send_multipart((self.topic, seq.to_bytes(8, "big"), payload))
        if keep:
            self.buffer.append((seq, payload))
        return seq

    def publish(self, events, ts=None, **kw) -> int:
        return self.publish_payload(encode_batch(self.schema, time.time() if ts is None else ts, events, self.dp_rank), **kw)

    def subscribed(self, timeout_ms=0) -> bool:
        """Whether a subscription has come in since the last time that this was asked."""
        return bool(self.pub.poll(timeout_ms)) and self.pub.recv()[:1] == b"\x01"

    def restart(self) -> None:
        self.seq = 0
        self.buffer.clear()

    def service_replay(self, timeout_ms=0) -> bool:
        if self.replay is None or not self.replay.poll(timeout_ms):
            return False
        frames = self.replay.recv_multipart()
        if len(frames) != 3:  # needs [identity, empty delimiter, 8-byte start]
            print(f"invalid replay request: {frames!r}", file=sys.stderr)
            return True
        ident, _, start = frames
        first = int.from_bytes(start, "big")
        for seq, payload in self.buffer:
            if seq >= first:
                head = (ident, b"", self.topic) if self.replay_topic else (ident, b"")
                self.replay.send_multipart((*head, seq.to_bytes(8, "big"), payload))
        head = (ident, b"", b"") if self.replay_topic else (ident, b"")
        self.replay.send_multipart((*head, END_SEQ, b""))
        return True

    def close(self) -> None:
        self.pub.close(linger=500)
        if self.replay is not None:
            self.replay.close(linger=0)
        self.ctx.term()


# ------------------------------------------------------------------ script driver
def _hash(v: Any) -> Any:
    if isinstance(v, str):
        return bytes.fromhex(v[4:]) if v.startswith("hex:") else int(v)
    return v


def _hashes(v):
    return None if v is None else [_hash(x) for x in v]


def op_to_events(op: dict, sim: Optional[KvSim]) -> list[tuple[str, dict]]:
    kind = op["op"]
    if kind == "request":
        assert sim is not None
        return sim.request(op["tokens"], op.get("lora_name"), op.get("lora_id"), op.get("salt"),
                           [tuple(m) for m in op.get("mm", [])])
    if kind == "store":
        return [("BlockStored", {
            "block_hashes": _hashes(op["block_hashes"]), "parent_block_hash": _hash(op.get("parent")),
            "token_ids": op.get("token_ids", []), "block_size": op.get("block_size", 16),
            "lora_id": op.get("lora_id"), "medium": op.get("medium", "GPU"), "lora_name": op.get("lora_name"),
            "extra_keys": op.get("extra_keys"), "group_idx": op.get("group_idx", 0),
            "kv_cache_spec_kind": op.get("kind"), "kv_cache_spec_sliding_window": op.get("sliding_window"),
            "locality": op.get("locality"), "ownership": op.get("ownership"), "session_id": op.get("session_id")})]
    if kind == "remove":
        return [("BlockRemoved", {"block_hashes": _hashes(op["block_hashes"]), "medium": op.get("medium", "GPU"),
                                  "group_idx": op.get("group_idx", 0), "locality": op.get("locality"),
                                  "ownership": op.get("ownership")})]
    if kind == "clear":
        if sim:
            sim.reset()
        return [("AllBlocksCleared", {})]
    raise ValueError(kind)


def main() -> int:
    ap = argparse.ArgumentParser(formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__)
    ap.add_argument("--endpoint", default="tcp://*:5557")
    ap.add_argument("--replay-endpoint")
    ap.add_argument("--topic", default="")
    ap.add_argument("--dp-rank", type=int, default=0)
    ap.add_argument("--schema", default="v0.26.0", choices=list(SCHEMAS))
    ap.add_argument("--buffer-steps", type=int, default=10_000)
    ap.add_argument("--hwm", type=int, default=100_000)
    ap.add_argument("--algo", default="sha256_cbor")
    ap.add_argument("--seed", default=os.environ.get("PYTHONHASHSEED"))
    ap.add_argument("--block-size", type=int, default=16)
    ap.add_argument("--rules", default="v0.19", choices=["v0.10", "v0.11.1", "v0.19"])
    ap.add_argument("--blocks", type=int, default=1024)
    ap.add_argument("--settle", type=float, default=0.3, help="wait so long for subscribers before the first line")
    ap.add_argument("--await-subscriber", action="store_true", help="wait until there is one before the first line")
    ap.add_argument("--linger", type=float, default=0.0, help="serve replays this long after stdin ends")
    a = ap.parse_args()
    p = Publisher(a.endpoint, a.replay_endpoint, a.buffer_steps, a.hwm, a.topic, a.dp_rank, a.schema,
                  tells_subscribers=a.await_subscriber)
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    sim = KvSim(a.blocks, a.algo, a.seed, a.block_size, a.rules)
    print(json.dumps({"endpoint": p.endpoint, "bind": is_bind(p.endpoint), "replay": p.replay_endpoint}), flush=True)
    lines: "queue.Queue[Optional[str]]" = queue.Queue()

    def reader() -> None:
        for ln in sys.stdin:
            lines.put(ln)
        lines.put(None)

    threading.Thread(target=reader, daemon=True).start()
    t0 = time.time()
    awaiting = a.await_subscriber
    done_at = None
    while True:
        p.service_replay(20)
        if awaiting:
            awaiting = not p.subscribed(20)
            continue
        if time.time() - t0 < a.settle:
            continue
        if done_at is not None:
            if time.time() >= done_at:
                break
            continue
        try:
            ln = lines.get_nowait()
        except queue.Empty:
            continue
        if ln is None:
            done_at = time.time() + a.linger
            continue
        ln = ln.strip()
        if not ln or ln.startswith("#"):
            continue
        d = json.loads(ln)
        c = d.get("ctl")
        if c == "quit":
            break
        if c == "sleep":
            end = time.time() + d["s"]
            while time.time() < end:
                p.service_replay(10)
        elif c in ("skip", "lose"):
            for _ in range(d.get("n", 1)):
                p.publish([("AllBlocksCleared", {})] if d.get("clear") else [], send=False, keep=c == "skip")
        elif c == "dump":
            held = {str(sim.o.wire_int(h)): len(b) for h, b in sim.by_hash.items() if b}
            print(json.dumps({"blocks": held, "seq": p.seq}), flush=True)
        elif c == "restart":
            p.restart()
            sim.reset()
        elif d.get("op") == "raw":
            print(json.dumps({"seq": p.publish_payload(bytes.fromhex(d["payload_hex"]))}), flush=True)
        else:
            evs = [e for op in d.get("batch", [d]) for e in op_to_events(op, sim)]
            if evs:  # vLLM publishes nothing for a step without events
                seq = p.publish(evs, send=not (d.get("drop") or d.get("lose")), keep=not d.get("lose"))
                print(json.dumps({"seq": seq, "events": [t for t, _ in evs]}), flush=True)
    p.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
