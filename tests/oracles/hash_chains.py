#!/usr/bin/env python3
"""Reads one JSON object a line {algo, seed, block_size, tokens, rules, lora, lora_id, salt, mm, embeds, prompt_length}.

Answers each with its chain as [{wire, repeats}]: the hash that events carry, and whether two strings among the block's
extra keys are equal, so that a pickle depends on which objects they are.
"""
import json
import sys

import vllm_hash

RULES = {"v0.10": vllm_hash.RULES_V0_10, "v0.11.1": vllm_hash.RULES_V0_11_1, "v0.19": vllm_hash.RULES_V0_19}


def strings(extra):
    return [k if isinstance(k, str) else k[0] for k in extra or () if isinstance(k, (str, tuple))]


for line in sys.stdin:
    c = json.loads(line)
    request = vllm_hash.Request(
        c["tokens"], lora_id=c["lora_id"], lora_name=c["lora"], cache_salt=c["salt"],
        mm=[vllm_hash.MM(*m) for m in c["mm"]],
        prompt_embeds={i: bytes.fromhex(d) for i, d in enumerate(c["embeds"])} or None)
    blocks = vllm_hash.chain(
        c["algo"], c["seed"], c["block_size"], request, RULES[c["rules"]], prompt_len=c["prompt_length"] or None)
    print(json.dumps([
        {"wire": b["wire"], "repeats": len(set(strings(b["extra"]))) < len(strings(b["extra"]))} for b in blocks]), flush=True)
