"""SIGTERM: what was asked before is answered, and the process ends by itself with 0."""

import sqlite3
import sys
import threading
import time
import unittest
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "lib"))
from server import Server
from web import Web


class Stop(unittest.TestCase):
    def test_an_answer_that_is_under_way_is_given(self):
        server = Server(Path(__file__).parent / "keyfob.toml")
        self.addCleanup(server.close)
        web = Web(server)
        client = web.client()
        self.assertEqual(client.token("client_credentials")[0], 200)
        # While another process holds the file, the answer stays under way.
        other = sqlite3.connect(server.database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        answers = []
        asked = threading.Thread(target=lambda: answers.append(client.token("client_credentials")))
        asked.start()
        time.sleep(0.5)
        self.assertEqual(answers, [])
        exits = []
        stopped = threading.Thread(target=lambda: exits.append(server.stop()))
        stopped.start()
        time.sleep(1)
        self.assertEqual((answers, exits), ([], []))
        other.execute("COMMIT")
        other.close()
        asked.join(10)
        stopped.join(12)
        self.assertEqual(exits, [0])
        status, answer = answers[0]
        self.assertEqual(status, 200)
        server.start()
        self.assertTrue(web.client().is_active(answer["access_token"]))


if __name__ == "__main__":
    unittest.main()
