#!/usr/bin/env python3
"""Feeds requests to the independent cache model (engine_publisher.KvSim) and prints the events it gives.

    kv_sim_requests.py BLOCKS BLOCK_SIZE ALGORITHM SEED < requests.jsonl

One line in: {"tokens": [...], "lora_name": null, "lora_id": null, "salt": null}. One line out: a list of
["BlockStored", {...}] and ["BlockRemoved", {...}].
"""
import json
import sys

from engine_publisher import KvSim


def main() -> None:
    blocks, block_size, algorithm, seed = sys.argv[1:5]
    sim = KvSim(int(blocks), algorithm, seed, int(block_size), "v0.19")
    for line in sys.stdin:
        print(json.dumps(sim.request(**json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
