#!/usr/bin/env python3
"""A router's ear on an engine's KV events, made of Debian's python3-zmq and python3-msgpack.

    kv_listener.py --bind tcp://127.0.0.1:* | --connect tcp://127.0.0.11:5557 [--topic PREFIX]

First line of output: {"endpoint": ...}. Then one line a live message:
    {"topic": "...", "seq": 0, "batch": [ts, [event...], rank]}      bytes in hex
Commands on stdin, one a line:
    {"replay": "tcp://127.0.0.11:5558", "start": 0, "wait_ms": 2000, "frames": [..hex..]?}
answers {"replay": [[frame hex, ...], ...]}: every reply up to and including the end mark, or what came within wait_ms.
`frames` replaces the request's own frames (an empty delimiter and 8 bytes).
"""
import argparse
import json
import sys

import msgpack
import zmq


def replay(context: zmq.Context, command: dict) -> list:
    dealer = context.socket(zmq.DEALER)
    dealer.connect(command["replay"])
    frames = [bytes.fromhex(f) for f in command["frames"]] if "frames" in command else [b"", command["start"].to_bytes(8, "big")]
    dealer.send_multipart(frames)
    replies = []
    while dealer.poll(command.get("wait_ms", 100_000)):
        reply = dealer.recv_multipart()
        replies.append([frame.hex() for frame in reply])
        if reply[-1] == b"":
            break
    dealer.close(linger=0)
    return replies


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--bind")
    arguments.add_argument("--connect")
    arguments.add_argument("--topic", default="")
    options = arguments.parse_args()
    context = zmq.Context()
    live = context.socket(zmq.SUB)
    live.setsockopt(zmq.SUBSCRIBE, options.topic.encode())
    if options.bind:
        live.bind(options.bind)
    else:
        live.connect(options.connect)
    say({"endpoint": live.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0").decode()})
    poller = zmq.Poller()
    poller.register(live, zmq.POLLIN)
    poller.register(sys.stdin, zmq.POLLIN)
    while True:
        ready = dict(poller.poll())
        if live in ready:
            topic, seq, payload = live.recv_multipart()
            say({"topic": topic.decode(), "seq": int.from_bytes(seq, "big"), "batch": msgpack.unpackb(payload)})
        if sys.stdin.fileno() in ready:
            line = sys.stdin.readline()
            if not line:
                break
            say({"replay": replay(context, json.loads(line))})
    context.destroy(linger=0)


def say(what: dict) -> None:
    print(json.dumps(what, default=bytes.hex), flush=True)


if __name__ == "__main__":
    main()
