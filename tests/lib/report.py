"""What a suite did, for the report of tests/crash/run --full."""

import os


def line(text):
    path = os.environ.get("CRASH_REPORT")
    if path is not None:
        with open(path, "a") as report:
            report.write(text + "\n")
