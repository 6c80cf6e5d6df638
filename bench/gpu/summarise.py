#!/usr/bin/env python3
"""Counts JUnit's reports below a folder, and names what failed. Exits with 1 when anything did, or nothing ran.

usage: summarise.py REPORTS
"""
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

folder = pathlib.Path(sys.argv[1])
passed = skipped = 0
failures = []
silent = []
for log in sorted(folder.glob("*.txt")):
    reports = list((folder / log.stem).glob("TEST-*.xml"))
    if not reports:
        silent.append(log.stem)
    for report in reports:
        for case in ElementTree.parse(report).iter("testcase"):
            trouble = case.find("failure") if case.find("failure") is not None else case.find("error")
            if trouble is not None:
                message = (trouble.get("message") or trouble.text or "").strip().splitlines() or [""]
                failures.append(f"{log.stem.removeprefix('io.zoetrope.')}.{case.get('name')}: {' '.join(message)[:300]}")
            elif case.find("skipped") is not None:
                skipped += 1
            else:
                passed += 1
for failure in failures:
    print(failure)
for name in silent:
    print(f"{name}: no report (it died or took too long)")
print(f"{passed} passed, {len(failures) + len(silent)} failed, {skipped} skipped")
sys.exit(1 if failures or silent or not passed else 0)
