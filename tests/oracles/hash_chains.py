#!/usr/bin/env python3
"""Reads one JSON object a line {algo, seed, block_size, tokens, lora, salt}; answers each with the wire hashes of its chain."""
import json
import sys

import vllm_hash

for line in sys.stdin:
    c = json.loads(line)
    request = vllm_hash.Request(c["tokens"], lora_name=c["lora"], cache_salt=c["salt"])
    blocks = vllm_hash.chain(c["algo"], c["seed"], c["block_size"], request)
    print(json.dumps([b["wire"] for b in blocks]), flush=True)
