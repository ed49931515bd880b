#!/usr/bin/env python3
"""A fleet of engines and the proxy in front of them, as the router sees both: engine_publisher's engines publish KV
events to the router's SUB socket, and each request is placed by asking the router over ext_proc with python3-grpcio.
After every pick the engines' own cache models say which endpoints hold the longest prefix.

    fleet.py --stubs DIR --ext-proc 127.0.0.1:9002 --events tcp://127.0.0.1:5557 --engines 127.0.0.11 127.0.0.12,seed=0 …

An engine is an address, and what sets it apart from the others: algo, seed, none=random (PYTHONHASHSEED unset up to
v0.27), schema. DIR holds the Python classes that protoc made of the router's .proto files. One JSON object per line:

  {"path": "/v1/chat/completions", "body": "…", "tokens": [..]}
        -> {"picked": "127.0.0.12:8000", "held": {"127.0.0.11:8000": 3, …}, "usable": {…}, "longest": true, "sequence": 17}
  {"prefill": "127.0.0.11", "tokens": [..]}    the engine serves a request that the router did not place
        -> {"sequence": 4}
"""
from __future__ import annotations

import argparse
import json
import os
import sys

import grpc

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import engine_publisher
import vllm_hash

METHOD = "/envoy.service.ext_proc.v3.ExternalProcessor/Process"


class Engine:
    def __init__(self, described: str, a: argparse.Namespace):
        ip, *apart = described.split(",")
        own = {**vars(a), **dict(setting.split("=", 1) for setting in apart)}
        root = os.urandom(32) if own.get("none") == "random" else None
        self.address = f"{ip}:{a.port}"
        self.publisher = engine_publisher.Publisher(
            a.events, topic=f"kv@{ip}@{a.model}", schema=own["schema"], tells_subscribers=True)
        self.sim = engine_publisher.KvSim(a.blocks, own["algo"], own["seed"], a.block_size, "v0.19", root)
        self.sequence = -1

    def held(self, tokens: list[int]) -> int:
        """Leading full blocks of the prompt that the engine's cache holds."""
        sim = self.sim
        blocks = vllm_hash.chain(sim.algo, sim.seed, sim.bs, vllm_hash.Request(tokens), none=sim.none)
        return next((n for n, block in enumerate(blocks) if not sim.by_hash.get(block["hash"])), len(blocks))

    def serve(self, tokens: list[int]) -> None:
        events = self.sim.request(tokens)
        if events:
            self.sequence = self.publisher.publish(events)


class Proxy:
    """Speaks ext_proc as Envoy does in full-duplex mode."""

    def __init__(self, target: str):
        from envoy.service.ext_proc.v3 import external_processor_pb2 as pb

        self.pb = pb
        self.channel = grpc.insecure_channel(target)
        self.process = self.channel.stream_stream(
            METHOD, request_serializer=pb.ProcessingRequest.SerializeToString, response_deserializer=pb.ProcessingResponse.FromString)

    def place(self, path: str, body: bytes, request_id: str) -> str:
        pb = self.pb
        headers = pb.ProcessingRequest()
        for key, value in ((":method", "POST"), (":path", path), ("x-request-id", request_id)):
            headers.request_headers.headers.headers.add(key=key, raw_value=value.encode())
        whole = pb.ProcessingRequest()
        whole.request_body.body = body
        whole.request_body.end_of_stream = True
        for reply in self.process(iter([headers, whole]), timeout=100):
            if reply.HasField("immediate_response"):
                raise RuntimeError(f"{reply.immediate_response.status.code}: {reply.immediate_response.body!r}")
            for option in reply.request_headers.response.header_mutation.set_headers:
                if option.header.key == "x-gateway-destination-endpoint":
                    return option.header.raw_value.decode()
        raise RuntimeError("no endpoint was named")


def main() -> int:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--stubs", required=True)
    ap.add_argument("--ext-proc", required=True)
    ap.add_argument("--events", required=True)
    ap.add_argument("--engines", nargs="+", required=True)
    ap.add_argument("--port", type=int, default=8000)
    ap.add_argument("--model", default="Qwen3-32B")
    ap.add_argument("--schema", default="v0.26.0")
    ap.add_argument("--algo", default="sha256_cbor")
    ap.add_argument("--seed", default="42")
    ap.add_argument("--block-size", type=int, default=64)
    ap.add_argument("--blocks", type=int, default=400)
    a = ap.parse_args()
    sys.path.insert(0, a.stubs)
    engines = {e.address: e for e in (Engine(ip, a) for ip in a.engines)}
    proxy = Proxy(a.ext_proc)
    for engine in engines.values():
        while not engine.publisher.subscribed(100):
            pass  # what is published before the router's subscription is there is lost
    print(json.dumps({"ready": list(engines)}), flush=True)

    for number, line in enumerate(sys.stdin):
        order = json.loads(line)
        tokens = order["tokens"]
        if "prefill" in order:
            engine = engines[f"{order['prefill']}:{a.port}"]
            engine.serve(tokens)
            print(json.dumps({"sequence": engine.sequence}), flush=True)
            continue
        held = {address: engine.held(tokens) for address, engine in engines.items()}
        usable = {address: vllm_hash.max_hit_tokens(len(tokens), a.block_size, n) for address, n in held.items()}
        picked = proxy.place(order["path"], order["body"].encode(), f"fleet-{number}")
        engines[picked].serve(tokens)
        print(json.dumps({"picked": picked, "held": held, "usable": usable, "longest": usable[picked] == max(usable.values()),
                          "sequence": engines[picked].sequence}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
