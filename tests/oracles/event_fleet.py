#!/usr/bin/env python3
"""Many engines in one process: real PUB and ROUTER sockets, each engine's own hashes, and what each cache holds in truth.

The first line describes them:
  {"chains": {"16": [{"tokens":[..],"lora":null,"salt":null}, ..], "64": [..]},      by block size
   "pool": {"algo","seed","block_size"} | null,                                       whose keys "truth" speaks
   "engines": [{"schema", "algo", "seed": text | null, "none": "random" | null, "form": "int" | "bytes" | "signed",
                "block_size", "fine": null | tokens hashed at a time, "connect": "tcp://.." | null (bind), "topic",
                "chains": [indexes that it takes part in], "buffer": batches, "blocks": cache size, "lossy": bool,
                "at": [ip, events port, replay port] | null (any on 127.0.0.1)}, ..]}
answered by [{"events": port | null, "replay": port}, ..].

Then one JSON object a line:
  {"steps": [[op, ..] = one batch, .., with {"fate": "live" | "drop" | "lose"} as its first element, or {"restart": true}]}
        the same history for every engine. Drop: only in the replay buffer. Lose: nowhere. Ops:
        {"store":[chain,from,to],"medium"?,"group"?,"kind"?,"extend"?}   {"remove":[[chain,block],..],"medium"?,"group"?}
        {"placeholder":[chain,from,to],"medium"}  hashes alone        {"short":[chain,from,to]}  a sliding window's, blocks left out
        {"unknown":true}  a tag from the future                        {"clear":true}
     -> [{"seq", "blocks": [gpu, cpu, disk], "held": [[per chain], [..], [..]]}, ..]  leading blocks that each tier has
  {"live": {"rate","seconds","seed","record"?}}   random requests until the time is over or the next order comes
     -> {"sent","dropped","lost","restarts","clears"}; with "record": true also "history": [[Unix time, engine, [blocks of each chain]], ..],
        what each cache held of the chains once a batch that was not dropped or lost had told of it, first of all at the beginning
  {"settle": {"clear": bool}}   everybody serves some more, after those that lost batches for good cleared their caches if told   -> {"sent"}
  {"truth": true}      -> [{"seq", "keys": [the pool's keys that the GPU holds]}, ..]
"""
import collections
import json
import os
import random
import sys
import time

import msgpack
import zmq

import engine_publisher as publisher
import vllm_hash as oracle
from engine_hashes import Hasher

TIERS = {"gpu": 0, "cpu": 1, "cpu_pinned": 1, "cpu_tier1": 1, "cpu_tier2": 2, "disk": 2, "fs": 2, "obj": 2, "storage": 2, "external": 2}
# SGLang's arrays: the medium came later; nothing after it.
publisher.SCHEMAS["sglang-6"] = dict(map=False, req=publisher._S0, opt=[], rreq=["block_hashes"], ropt=[])
publisher.SCHEMAS["sglang-7"] = dict(map=False, req=publisher._S0 + ["medium"], opt=[], rreq=["block_hashes", "medium"], ropt=[])

Block = collections.namedtuple("Block", "hash extra pool")


class Engine:
    def __init__(self, context, d, chains, pool, pool_chains):
        self.d, self.schema, self.form = d, d["schema"], d["form"]
        self.fields = publisher.SCHEMAS[self.schema]["req"] + publisher.SCHEMAS[self.schema]["opt"]
        self.size = d["block_size"]
        self.hasher = Hasher(d)
        self.requests = [oracle.Request(c["tokens"], None, c["lora"], c["salt"]) for c in chains]
        self.taking_part = set(d["chains"])
        self.blocks = [
            [Block(b["hash"], b["extra"], pool_chains[i][n] if pool else None) for n, b in enumerate(self.hasher.chain(r))]
            if i in self.taking_part else [] for i, r in enumerate(self.requests)]
        self.topic = d["topic"].encode()
        self.replay_has_topic = self.schema in publisher.REPLAY_HAS_TOPIC
        self.pub = context.socket(zmq.PUB)
        self.pub.set_hwm(100_000)
        self.pub.linger = 0
        if d["connect"]:
            self.pub.setsockopt(zmq.RECONNECT_IVL, 20)
            self.pub.connect(d["connect"])
            self.port = None
        elif d.get("at"):
            self.port = d["at"][1]
            self.pub.bind(f"tcp://{d['at'][0]}:{self.port}")
        else:
            self.port = self.pub.bind_to_random_port("tcp://127.0.0.1")
        self.replay = context.socket(zmq.ROUTER)
        self.replay.linger = 0
        self.replay.set_hwm(d.get("replay_hwm", 1000))
        if d.get("at"):
            self.replay_port = d["at"][2]
            self.replay.bind(f"tcp://{d['at'][0]}:{self.replay_port}")
        else:
            self.replay_port = self.replay.bind_to_random_port("tcp://127.0.0.1")
        self.buffer = collections.deque(maxlen=d.get("buffer", 10_000))
        self.seq = 0
        self.copies = [collections.Counter() for _ in range(3)]
        self.lost = False
        if pool:
            self.pool_key = {b.hash: b.pool for chain in self.blocks for b in chain}
            self.sim = publisher.KvSim(d["blocks"], d["algo"], d["seed"], self.size, "v0.19")
            self.sim.o = Cached(self)

    # -- what goes out -------------------------------------------------------------------------
    def wire(self, h, raw=False):
        """The external form; raw: as a connector up to v0.23 writes it, bytes whatever the GPU's are."""
        if self.form == "bytes" or raw:
            return h if isinstance(h, bytes) else (h & oracle.U64).to_bytes(8, "big")
        number = int.from_bytes(h[:8] if self.d["algo"] == "sglang" else h[-8:], "big") if isinstance(h, bytes) else h & oracle.U64
        return number - (1 << 64) if self.form == "signed" and number >> 63 else number

    def publish(self, events, fate="live"):
        payload = self.encode(events)
        seq, self.seq = self.seq, self.seq + 1
        number = seq.to_bytes(8, "big")
        if fate == "live":
            self.pub.send_multipart((self.topic, number, payload))
        if fate != "lose":
            self.buffer.append((number, payload))

    def encode(self, events):
        out = []
        for tag, fields in events:
            if tag is None:
                out.append(fields)
                continue
            extend = fields.pop("extend", None)
            event = publisher.encode_event(self.schema, tag, fields)
            if extend and isinstance(event, dict):
                event.update({"event_version": 3, "later": {"a": [1, None]}})
            elif extend:
                event.extend([None] * (12 - len(event)) + ["later", {"a": [1.5, None]}])
            out.append(event)
        return msgpack.packb([time.time(), out, 0], use_bin_type=True)

    def answer_replay(self):
        frames = self.replay.recv_multipart()
        if len(frames) != 3:
            return
        identity, _, start = frames
        head = (identity, b"", self.topic) if self.replay_has_topic else (identity, b"")
        for number, payload in self.buffer:
            if number >= start:
                self.replay.send_multipart((*head, number, payload))
        head = (identity, b"", b"") if self.replay_has_topic else (identity, b"")
        self.replay.send_multipart((*head, publisher.END_SEQ, b""))

    # -- a scripted history --------------------------------------------------------------------
    def step(self, batch):
        if "restart" in batch[0]:
            self.restart()
            return
        fate = batch[0].get("fate", "live")
        events = [e for op in batch for e in self.events_of(op)]
        if events:
            self.publish(events, fate)

    def restart(self):
        self.seq = 0
        self.buffer.clear()
        self.copies = [collections.Counter() for _ in range(3)]
        if hasattr(self, "sim"):
            self.sim.reset()

    def events_of(self, op):
        medium, group = op.get("medium", "GPU"), op.get("group", 0)
        if (medium != "GPU" and "medium" not in self.fields) or (group and "group_idx" not in self.fields):
            return []
        tier = TIERS.get(medium.lower())
        counts = group == 0 and tier is not None
        if "store" in op:
            chain, start, end = op["store"]
            blocks = self.blocks[chain]
            if not blocks:
                return []
            if counts:
                self.copies[tier].update(b.hash for b in blocks[start:end])
            return [("BlockStored", self.stored(chain, start, end, medium, group, op.get("kind", "full_attention"), op.get("extend")))]
        if "short" in op:
            # A sliding window lets its first blocks go: they are left out of the hashes, not of the tokens.
            chain, start, end = op["short"]
            if not self.blocks[chain] or "group_idx" not in self.fields:
                return []
            fields = self.stored(chain, start, end, medium, 1, "sliding_window", None)
            fields["block_hashes"] = fields["block_hashes"][end - start - 1:] if op.get("some") else []
            fields["extra_keys"] = None
            return [("BlockStored", fields)]
        if "placeholder" in op:
            chain, start, end = op["placeholder"]
            blocks = self.blocks[chain][start:end]
            if not blocks or "medium" not in self.fields:
                return []
            self.copies[tier].update(b.hash for b in blocks)
            raw = "v0" <= self.schema < "v0.24.0"
            return [("BlockStored", {"block_hashes": [self.wire(b.hash, raw) for b in blocks], "parent_block_hash": None, "token_ids": [],
                                     "block_size": 0, "medium": medium, "group_idx": 0})]
        if "remove" in op:
            hashes = [self.blocks[chain][block].hash for chain, block in op["remove"] if self.blocks[chain]]
            if counts:
                self.take(tier, hashes)
            return [("BlockRemoved", {"block_hashes": [self.wire(h)], "medium": medium, "group_idx": group}) for h in hashes]
        if "unknown" in op:
            return [(None, {"type": "TierBlocksCleared", "tier": 2} if publisher.SCHEMAS[self.schema]["map"] else ["BlockInactive", [1, 2], {"x": None}])]
        if "clear" in op:
            self.copies[0].clear()
            return [("AllBlocksCleared", {})]
        return []

    def take(self, tier, hashes):
        for h in hashes:
            self.copies[tier][h] -= 1
            if self.copies[tier][h] <= 0:
                del self.copies[tier][h]

    def stored(self, chain, start, end, medium, group, kind, extend):
        blocks, request = self.blocks[chain], self.requests[chain]
        return {"block_hashes": [self.wire(b.hash) for b in blocks[start:end]],
                "parent_block_hash": self.wire(blocks[start - 1].hash) if start else None,
                "token_ids": request.token_ids[start * self.size:end * self.size], "block_size": self.size, "lora_id": None,
                "medium": medium, "lora_name": request.lora_name, "extra_keys": [b.extra for b in blocks[start:end]], "group_idx": group,
                "kv_cache_spec_kind": kind, "kv_cache_spec_sliding_window": 128 if "window" in kind else None, "extend": extend}

    def held(self, tier):
        counts = self.copies[tier]
        return [next((i for i, b in enumerate(chain) if counts[b.hash] <= 0), len(chain)) for chain in self.blocks]

    def report(self):
        held = [self.held(tier) for tier in range(3)]
        blocks = [sum(1 for n in counts.values() if n > 0) for counts in self.copies]
        return {"seq": self.seq - 1, "blocks": blocks, "held": held}

    # -- random requests -----------------------------------------------------------------------
    def serve(self, rng, fate):
        request = self.requests[rng.choice(self.d["chains"])]
        events = self.sim.request(request.token_ids, request.lora_name, None, request.cache_salt)
        for tag, fields in events:
            if tag == "BlockRemoved":
                fields["block_hashes"] = [self.wire(h) for h in fields["block_hashes"]]
        if events:
            self.publish(events, fate)
        return bool(events)

    def clear(self):
        self.sim.reset()
        self.publish([("AllBlocksCleared", {})])

    def leading(self):
        """Leading blocks of each chain that the cache holds."""
        held = self.sim.by_hash
        return [next((i for i, block in enumerate(chain) if not held.get(block.hash)), len(chain)) for chain in self.blocks]

    def truth(self):
        return {"seq": self.seq - 1, "keys": [self.pool_key[h] for h, blocks in self.sim.by_hash.items() if blocks]}


class Cached:
    """The oracle as KvSim sees it: chains that are computed already, hashes in the engine's form."""

    def __init__(self, engine):
        self.Request, self.MM = oracle.Request, oracle.MM
        self.engine = engine
        self.by_tokens = {
            (tuple(r.token_ids), r.lora_name, r.cache_salt): [{"hash": b.hash, "wire": engine.wire(b.hash), "extra": b.extra} for b in blocks]
            for r, blocks in zip(engine.requests, engine.blocks) if blocks}

    def chain(self, algo, seed, size, request, rules, none=None):
        return self.by_tokens[(tuple(request.token_ids), request.lora_name, request.cache_salt)]

    @staticmethod
    def wire_int(h):
        return h  # an eviction's hash takes its form when it is published


class Fleet:
    def __init__(self, first, pending):
        self.context = zmq.Context()
        self.context.set(zmq.MAX_SOCKETS, 4096)
        pool = first.get("pool")
        pool_chains = {}
        if pool:
            for size, chains in first["chains"].items():
                pool_chains[size] = [
                    [b["wire"] for b in oracle.chain(pool["algo"], pool["seed"], pool["block_size"], oracle.Request(c["tokens"], None, c["lora"], c["salt"]))]
                    for c in chains]
        self.engines = [
            Engine(self.context, d, first["chains"][str(d["block_size"])], pool, pool_chains.get(str(d["block_size"])))
            for d in first["engines"]]
        self.poller = zmq.Poller()
        self.by_router = {e.replay: e for e in self.engines}
        for router in self.by_router:
            self.poller.register(router, zmq.POLLIN)
        self.input = sys.stdin.fileno()
        self.poller.register(self.input, zmq.POLLIN)
        self.pending = pending
        self.ended = False

    def lines(self):
        """Orders as they come; replays are answered while there are none."""
        while not self.ended:
            self.turn(1000)
            while b"\n" in self.pending:
                line, self.pending = self.pending.split(b"\n", 1)
                yield line

    def turn(self, timeout_ms):
        for socket, _ in self.poller.poll(timeout_ms):
            if socket == self.input:
                read = os.read(self.input, 1 << 16)
                self.pending += read
                self.ended = not read
            else:
                self.by_router[socket].answer_replay()

    def live(self, rate, seconds, seed, record=False):
        rng = random.Random(seed)
        counts = collections.Counter()
        history = [[time.time(), i, engine.leading()] for i, engine in enumerate(self.engines)] if record else None
        began = time.monotonic()
        due = 0
        while True:
            elapsed = time.monotonic() - began
            if elapsed >= seconds or b"\n" in self.pending:
                break
            while due <= elapsed * rate:
                number = rng.randrange(len(self.engines))
                live = counts["live"]
                due += self.one(self.engines[number], rng, counts)
                if record and counts["live"] > live:
                    history.append([time.time(), number, self.engines[number].leading()])
            self.turn(1)
        return dict(counts, history=history) if record else counts

    def one(self, engine, rng, counts):
        """One batch, or none when a request was answered from the cache."""
        chance = rng.random()
        if chance < 0.0015:
            engine.restart()
            engine.lost = False
            counts["restarts"] += 1
        elif chance < 0.003:
            engine.clear()
            engine.lost = False
            counts["sent"] += 1
            counts["live"] += 1
            counts["clears"] += 1
            return 1
        fate = "drop" if chance > 0.98 else "lose" if engine.d["lossy"] and chance > 0.97 else "live"
        if not engine.serve(rng, fate):
            return 0
        engine.lost |= fate == "lose"
        counts["sent"] += 1
        counts[{"drop": "dropped", "lose": "lost"}.get(fate, "live")] += 1
        return 1

    def settle(self, clear):
        rng, sent = random.Random(1), 0
        for engine in self.engines:
            if clear and engine.d["lossy"]:
                engine.clear()
                sent += 1
            for _ in range(20):
                sent += engine.serve(rng, "live")
            self.turn(0)
        return {"sent": sent}


def main():
    read = b""
    while b"\n" not in read:
        read += os.read(sys.stdin.fileno(), 1 << 16)
    first, pending = read.split(b"\n", 1)
    fleet = Fleet(json.loads(first), pending)
    print(json.dumps([{"events": e.port, "replay": e.replay_port} for e in fleet.engines]), flush=True)
    for line in fleet.lines():
        order = json.loads(line)
        if "steps" in order:
            for batch in order["steps"]:
                for engine in fleet.engines:
                    engine.step(batch)
            answer = [e.report() for e in fleet.engines]
        elif "live" in order:
            answer = fleet.live(**order["live"])
        elif "settle" in order:
            answer = fleet.settle(**order["settle"])
        else:
            answer = [e.truth() for e in fleet.engines]
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
