"""Loads the real binary and prints what it did beside the targets.

wrk and the server share the machine's cores, so the rates depend on who else is there: compare runs made
one after the other, and the processor time a request, which depends least.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "tests" / "lib"))
from server import BINARY, Server
from web import CHALLENGE, REDIRECT, VERIFIER, Web

CONNECTIONS = 32
TICK = os.sysconf("SC_CLK_TCK")
TOKEN = "/api/v1/oauth/token"

# Name, script, path, and the target: requests a second, p99 in milliseconds, processor µs a request.
WORK = [
    ("client_credentials", "client_credentials", TOKEN, (15_000, 8, 75)),
    ("refresh", "refresh", TOKEN, (7_000, None, None)),
    ("authorize, signed in", "authorize", None, (None, None, None)),
    ("code exchange", "code", TOKEN, (7_000, None, None)),
    ("introspection", "introspect", "/api/v1/oauth/introspect", (25_000, None, None)),
    ("userinfo", "userinfo", "/api/v1/oauth/userinfo", (25_000, None, None)),
    ("discovery", "get", "/.well-known/openid-configuration", (40_000, None, None)),
    ("jwks", "get", "/.well-known/jwks.json", (40_000, None, None)),
]


def prepare(folder, server):
    """Signs in, and leaves in `folder` what the scripts send."""
    web = Web(server)
    client = web.client()
    tokens = [web.redeem(client, web.code())[1] for _ in range(2 * CONNECTIONS)]
    query = {
        "client_id": "web", "response_type": "code", "redirect_uri": REDIRECT, "state": "s",
        "scope": "openid offline_access",
        "code_challenge": CHALLENGE, "code_challenge_method": "S256",
    }
    files = {
        "basic": [client.authorization],
        "access_token": [tokens[0]["access_token"]],
        "refresh_tokens": [token["refresh_token"] for token in tokens],
        "authorize": ["/api/v1/oauth/authorize?" + urllib.parse.urlencode(query)],
        "cookie": ["; ".join("=".join(pair) for pair in web.person.cookies.items())],
        "verifier": [VERIFIER],
    }
    for name, lines in files.items():
        (folder / name).write_text("\n".join(lines) + "\n")


def processor_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def resident_mb(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def load(server, folder, script, path, seconds):
    if script == "code":
        # What authorize.lua has left must last.
        seconds = max(1, seconds // 3)
    pid = server.process.pid
    before = processor_seconds(pid)
    ran = subprocess.run(
        ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency",
         "-s", str(HERE / "load" / f"{script}.lua"), f"http://127.0.0.1:{server.port}{path or '/'}"],
        env={**os.environ, "BENCH_FOLDER": str(folder), "LUA_PATH": f"{HERE}/load/?.lua"},
        capture_output=True, text=True, check=True,
    )
    used = processor_seconds(pid) - before
    line = next(line for line in ran.stdout.splitlines() if line.startswith("RESULT"))
    requests, duration, p99, failed = map(int, line.split()[1:])
    return requests / duration * 1e6, p99 / 1000, used / max(requests, 1) * 1e6, failed


def beside(value, target, higher_is_better):
    if target is None:
        return f"{value:>9,.0f}"
    met = value >= target if higher_is_better else value <= target
    return f"{value:>9,.0f} {'≥' if higher_is_better else '≤'} {target:<7,}{'' if met else 'MISSED'}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=10, help="how long each load lasts")
    parser.add_argument("--runs", type=int, default=1, help="the median of so many is told")
    parser.add_argument("work", nargs="*", help="only these, by the names of their scripts")
    arguments = parser.parse_args()

    server = Server(HERE / "keyfob.toml")
    time.sleep(1)
    idle = resident_mb(server.process.pid)
    folder = Path(tempfile.mkdtemp(dir=server.folder))
    prepare(folder, server)
    size = Path(BINARY).stat().st_size / 1e6
    print(f"{BINARY}: {size:.1f} MB; {CONNECTIONS} connections, {arguments.seconds} s each, "
          f"{os.cpu_count()} cores shared with wrk, load before {os.getloadavg()[0]:.1f}")
    print(f"idle: {idle:.1f} MB resident (target 22)")
    print(f"{'':34}{'a second':<24}{'p99 ms':<24}{'processor µs':<20}")
    for name, script, path, (rate, slowest, processor) in WORK:
        if arguments.work and script not in arguments.work:
            continue
        runs = []
        # One run spends the codes that `authorize` has left.
        for run in range(1 if script == "code" else arguments.runs):
            if run > 0 and script == "refresh":
                # The tokens of the run before are spent.
                prepare(folder, server)
            runs.append(load(server, folder, script, path, arguments.seconds))
        median = [statistics.median(values) for values in zip(*runs)]
        errors = f"  {median[3]:.0f} ERRORS" if median[3] else ""
        print(f"{name:<34}{beside(median[0], rate, True):<24}{beside(median[1], slowest, False):<24}"
              f"{beside(median[2], processor, False)}{errors}")
    print(f"after the load: {resident_mb(server.process.pid):.1f} MB resident (target 40)")
    starts = []
    for _ in range(7):
        assert server.stop() == 0
        time.sleep(0.1)
        starts.append(server.start() * 1000)
    files = sum(path.stat().st_size for path in server.folder.glob("keyfob.db*")) / 1e6
    print(f"start to ready on that file of {files:.0f} MB: {statistics.median(starts):.0f} ms (target 25)")
    server.close()


if __name__ == "__main__":
    main()
