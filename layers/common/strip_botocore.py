"""Leave only the AWS services that we call in botocore's data; see the Makefile for what that saves.

Run as `python strip_botocore.py <botocore/data> <service> …`.
"""

import json
import shutil
import sys
from pathlib import Path


def strip(data: Path, services: set[str]) -> None:
    for folder in data.iterdir():
        if folder.is_dir() and folder.name not in services:
            shutil.rmtree(folder)
    # 1.25 MB that every process parses for its first client.
    endpoints = data / "endpoints.json"
    known = json.loads(endpoints.read_text())
    for partition in known["partitions"]:
        partition["services"] = {name: at for name, at in partition["services"].items() if name in services}
    endpoints.write_text(json.dumps(known, separators=(",", ":")))


if __name__ == "__main__":
    strip(Path(sys.argv[1]), set(sys.argv[2:]))
