"""A worker that is no adapter: it answers as its behavior says, or does not. Run as ``fake_worker.py BEHAVIOR``.

Behaviors are comma-separated ``name=value`` words; see `main`.
"""

import json
import os
import sys
import time

import numpy as np


def main(words: str) -> None:
    """Answer requests: ``detect_ns`` and ``embed_ns`` are the durations, ``faces`` how many faces, ``fault`` what goes wrong."""
    behavior = dict(word.split("=") for word in words.split(","))
    fault, asked = behavior.get("fault", ""), 0
    if fault == "start":
        print("no such device", file=sys.stderr)
        sys.exit(3)
    embeds = behavior.get("embeds", "1") == "1"
    about = {"versions": {"fake": "1.0"}, "embeds": embeds, "metric": behavior.get("metric", "cosine")}
    print(json.dumps({"about": about}), flush=True)
    brightness = 0
    for line in sys.stdin:
        request = json.loads(line)
        answer = {}
        if request["do"] == "image":
            brightness = int(np.load(request["path"]).mean())
        elif request["do"] == "memory":
            answer = {"peak_bytes": int(behavior.get("peak_bytes", "0"))}
        elif request["do"] == "detect":
            box = [0, 0, "wide", 10, 1] if fault == "box" else [0.0, 0.0, 30.0, 30.0, 0.9]
            asked += 1
            answer = {"faces": [box] * int(behavior.get("faces", "1"))}
        else:
            current = fault if asked >= int(behavior.get("from", "1")) else ""
            misbehave(current)
            vector = {"nan": [float("nan")] * 4, "zeros": [0.0] * 4}.get(current, [1.0, brightness / 255, 0.0, 0.0])
            answer = {"vector": vector + [1.0] * (asked if current == "length" else 0), "is_int8": False}
        nanoseconds = int(behavior.get(f"{request['do']}_ns", "1000"))
        print(json.dumps(answer | {"wall_ns": nanoseconds, "cpu_ns": nanoseconds // 2}), flush=True)


def misbehave(fault: str) -> None:
    """End or stop the process, if that is the fault."""
    if fault == "crash":
        print("double free or corruption", file=sys.stderr)
        os.abort()
    if fault == "hang":
        time.sleep(600)
    if fault == "garbage":
        print("Segmentation faults are fun", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
