"""Fills a file with 100,000 users, 1,000,000 tokens and 1,000,000 events, and times the admin API's lists on it.

Needs Python alone. What is timed is the whole exchange on one kept-alive connection of the loopback, so
the server's own time is a little less than what is printed.
"""

import argparse
import http.client
import json
import os
import random
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

from load import HERE, Server, resident_mb

USERS, CLIENTS, TEAMS = 100_000, 1_000, 10_000
SESSIONS, GRANTS, ACCESS, REFRESH, EVENTS = 50_000, 200_000, 800_000, 200_000, 1_000_000
DEVICES = 100_000
DAY = 86_400

# Target in milliseconds of a first page, and of a search.
PAGE, SEARCH = 50, 200

# What is asked: the path, and its target. `rare` names what a handful of the oldest rows have, `nobody`
# what none has: the worst that a search can be. Everybody is in the team `t-0`.
ASKED = [
    ("/overview", PAGE),
    ("/clients", PAGE), ("/clients?sort=-name", PAGE), ("/clients?sort=created", PAGE), ("/clients?sort=-last_token", PAGE),
    ("/clients?q=app+number+77", SEARCH), ("/clients?q=nobody", SEARCH),
    ("/users", PAGE), ("/users?sort=-username", PAGE), ("/users?sort=created", PAGE), ("/users?sort=-created", PAGE),
    ("/users?sort=-created&q=nobody", SEARCH), ("/users?q=person-09", SEARCH), ("/users?q=person-99999", SEARCH), ("/users?q=nobody", SEARCH),
    ("/teams", PAGE), ("/teams?sort=name", PAGE), ("/teams?sort=-name", PAGE), ("/teams?sort=-created", PAGE),
    ("/teams?q=nobody", SEARCH), ("/teams?sort=name&q=nobody", SEARCH),
    ("/teams/t-0/members", PAGE), ("/teams/t-0/members?sort=-sub", PAGE), ("/teams/t-0/members?q=nobody", SEARCH),
    ("/scopes", PAGE), ("/scopes?q=nobody", PAGE), ("/resources?sort=name", PAGE), ("/trusted-issuers", PAGE), ("/keys", PAGE),
    ("/devices", PAGE), ("/devices?sort=created", PAGE), ("/devices?q=nobody", SEARCH),
    ("/clients/app-1/consents", PAGE), ("/clients/app-1/consents?sort=-sub", PAGE),
    ("/sessions", PAGE), ("/sessions?sort=created", PAGE), ("/sessions?q=person-42", SEARCH), ("/sessions?sub=u-0000042", SEARCH), ("/sessions?sub=nobody", SEARCH),
    ("/grants", PAGE), ("/grants?sort=created", PAGE), ("/grants?sort=created&state=living", SEARCH), ("/grants?sub=u-0000042", SEARCH), ("/grants?client_id=rare", SEARCH), ("/grants?client_id=nobody", SEARCH),
    ("/tokens", PAGE), ("/tokens?sort=created", PAGE), ("/tokens?sort=created&state=living", SEARCH),
    ("/tokens?sort=created&state=ended", SEARCH), ("/tokens?sort=created&client_id=rare", SEARCH),
    ("/tokens?sub=u-0000042", SEARCH), ("/tokens?client_id=rare", SEARCH),
    ("/tokens?client_id=nobody", SEARCH), ("/tokens?actor=nobody", SEARCH),
    ("/tokens?state=living", PAGE), ("/tokens?state=ended", SEARCH), ("/tokens?kind=operator", SEARCH),
    ("/grants?kind=device_code", SEARCH), ("/delegations?state=ended", SEARCH),
    ("/delegations", PAGE), ("/delegations?sort=created", PAGE), ("/delegations?actor=rare", SEARCH),
    ("/delegations?actor=deep", SEARCH), ("/delegations?sort=created&actor=deep&state=living", SEARCH), ("/delegations?actor=nobody", SEARCH), ("/delegations?subject=nobody", SEARCH),
    ("/events", PAGE), ("/events?sort=created", PAGE), ("/events?sort=created&outcome=failed", PAGE),
    ("/events?sort=created&event=token", SEARCH), ("/events?sort=created&client_id=rare", SEARCH),
    ("/events?outcome=failed", PAGE), ("/events?event=token.request_failed", SEARCH),
    ("/events?client_id=rare", SEARCH), ("/events?client_id=nobody", SEARCH), ("/events?subject=u-0000042", SEARCH),
    ("/events?actor=nobody", SEARCH), ("/events?event=nothing", SEARCH), ("/events?outcome=failed&client_id=nobody", SEARCH),
    ("/traces", PAGE),
]

# Whole lists, as files: how long and how many items, and what the server holds meanwhile.
FILES = ["/users?format=json", "/tokens?format=json", "/events/export?format=csv"]


def fill(database, now):
    draw = random.Random(1)

    def key(at):
        """A UUIDv7 of that time (RFC 9562 §5.7)."""
        value = (int(at * 1000) << 80) | 0x7 << 76 | draw.getrandbits(12) << 64 | 0b10 << 62 | draw.getrandbits(62)
        return value.to_bytes(16, "big")

    def over_a_month(count):
        """Times of so many rows in rising order, and whether the row is one of the oldest."""
        for n in range(count):
            yield n, now - 30 * DAY + 30 * DAY * n / count, n < 5

    user = lambda: f"u-{draw.randrange(USERS):07}"
    client = lambda rare: "rare" if rare else f"app-{draw.randrange(CLIENTS)}"
    file = sqlite3.connect(database)
    file.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000;")

    def put(table, rows):
        cursor = file.cursor()
        with file:
            for row in rows:
                names = ", ".join(row)
                cursor.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))

    put("clients", ({
        "client_id": name, "created_at": now, "updated_at": now,
        "metadata": json.dumps({
            "client_name": f"App number {n}", "redirect_uris": [f"https://app-{n}.example/callback"],
            "grant_types": ["authorization_code", "refresh_token"], "scope": "openid profile email offline_access",
            "token_endpoint_auth_method": "none",
        }),
    } for n, name in enumerate([f"app-{n}" for n in range(CLIENTS)] + ["rare"])))
    put("teams", ({"id": f"t-{n}", "name": f"Team {n // 2}", "created_at": now - n // 3} for n in range(TEAMS)))
    put("users", ({
        "sub": f"u-{n:07}", "username": f"person-{n}", "username_key": f"person-{n}",
        "email": f"person-{n}@example.com", "email_key": f"person-{n}@example.com",
        "given_name": f"Given{n}", "family_name": f"Family{n}", "registered_at_ms": (now - n // 7) * 1000, "updated_at": now,
    } for n in range(USERS)))
    put("team_members", ({"sub": f"u-{n:07}", "team_id": team, "role": "member"} for n in range(USERS) for team in {"t-0", f"t-{n % TEAMS}"}))
    put("device_codes", ({
        "id": key(at), "secret_hash": draw.randbytes(32), "user_code_hash": draw.randbytes(32), "client_id": "app-1", "scope": "openid",
        "address": "192.0.2.9", "created_at": int(at), "expires_at": int(at) + 600, "poll_interval": 5,
    } for at in (now - DAY + DAY * n / DEVICES for n in range(DEVICES))))
    put("sessions", ({
        "id": key(at), "secret_hash": draw.randbytes(32), "sub": user(), "auth_time": int(at), "amr": "pwd",
        "created_at": int(at), "last_used_at": now, "expires_at": now + 30 * DAY,
        "ended_at": now if n < SESSIONS * 9 // 10 else None,
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    } for n, at, _ in over_a_month(SESSIONS)))
    grants = [(key(at), client(old), user(), int(at)) for n, at, old in over_a_month(GRANTS)]
    put("grants", ({
        "id": grant, "client_id": name, "sub": sub, "scope": "openid profile email offline_access",
        "auth_time": at, "amr": "pwd", "origin": "authorization_code", "created_at": at, "expires_at": now + 90 * DAY,
    } for grant, name, sub, at in grants))
    put("consents", ({
        "sub": sub, "client_id": name, "resource": "", "scope": "openid profile email offline_access", "updated_at": at,
    } for (sub, name), at in {(sub, name): at for _, name, sub, at in grants}.items()))
    put("refresh_tokens", ({
        "id": key(at + 1), "secret_hash": draw.randbytes(32), "grant_id": grant, "client_id": name,
        "issued_at": at, "expires_at": now + 30 * DAY,
    } for grant, name, sub, at in grants[:REFRESH]))

    def access_tokens():
        parent = None
        for n, at, old in over_a_month(ACCESS):
            grant, name, sub, _ = grants[n * GRANTS // ACCESS]
            delegated = n % 8 == 7
            this = key(at)
            yield {
                "id": this, "client_id": name, "sub": sub, "grant_id": grant, "scope": "openid profile email",
                "origin": "delegated_token" if delegated else "authorization_code",
                "act": json.dumps({"sub": client(n < 50)} | ({"act": {"sub": "deep"}} if n % 80 == 7 else {}), separators=(",", ":")) if delegated else None,
                "parent_id": parent if delegated else None,
                # Of an hour each, kept for a day: most have expired, and the oldest first.
                "expires_at": now - 60 if n < ACCESS * 9 // 10 else now + 3600,
            }
            parent = this

    put("access_tokens", access_tokens())
    put("audit_events", ({
        "id": key(at), "at": int(at), "event": "token.request_failed" if n % 50 == 0 else "user.signed_in",
        "outcome": "failed" if n % 50 == 0 else "ok", "actor": user(), "subject": user(), "client_id": client(old),
        "address": "192.0.2.7", "reason": "the code has expired" if n % 50 == 0 else None,
    } for n, at, old in over_a_month(EVENTS)))
    file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file.close()


class Administrator:
    def __init__(self, server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.cookie = ""
        status, headers, _ = self.ask("POST", "/session", {"username": "root", "password": "an administrator"})
        assert status == 201, status
        self.cookie = headers["Set-Cookie"].partition(";")[0]

    def ask(self, method, path, body=None):
        headers = {"Cookie": self.cookie, "Sec-Fetch-Site": "same-origin"}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        self.connection.request(method, "/admin/api/v1" + path, body, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=9, help="how often each list is asked for")
    parser.add_argument("--keep", type=Path, help="keeps the filled file here, and takes it from here the next time")
    arguments = parser.parse_args()

    server = Server(HERE / "large.toml")
    if arguments.keep and arguments.keep.exists():
        assert server.stop() == 0
        server.database.write_bytes(arguments.keep.read_bytes())
    else:
        began = time.monotonic()
        assert server.stop() == 0
        fill(server.database, int(time.time()))
        print(f"filled in {time.monotonic() - began:.0f} s")
        if arguments.keep:
            arguments.keep.write_bytes(server.database.read_bytes())
    ready = server.start() * 1000
    print(f"{server.database.stat().st_size / 1e6:.0f} MB, ready in {ready:.0f} ms, "
          f"{resident_mb(server.process.pid):.0f} MB resident, load before {os.getloadavg()[0]:.1f}")

    administrator = Administrator(server)
    print(f"{'':52}{'median':>8}{'slowest':>9}   rows  (ms, {arguments.runs} runs)")
    missed = 0
    for path, target in ASKED:
        took = []
        for _ in range(arguments.runs):
            began = time.perf_counter()
            status, _, body = administrator.ask("GET", path)
            took.append((time.perf_counter() - began) * 1000)
        if status != 200:
            print(f"{path:<52}{'status ' + str(status):>17}")
            missed += 1
            continue
        rows = len(json.loads(body).get("items", []))
        verdict = "" if max(took) <= target else f"  MISSED {target}"
        missed += bool(verdict)
        print(f"{path:<52}{statistics.median(took):>8.1f}{max(took):>9.1f}{rows:>7}{verdict}")
    for path in FILES:
        began = time.perf_counter()
        status, _, body = administrator.ask("GET", path)
        assert status == 200, status
        print(f"{path:<52}{time.perf_counter() - began:>7.1f} s{len(body) / 1e6:>9.0f} MB{body.count(10):>9} lines, "
              f"{resident_mb(server.process.pid):.0f} MB resident")
    print(f"{resident_mb(server.process.pid):.0f} MB resident after; {missed} of {len(ASKED)} missed")
    server.close()


main()
