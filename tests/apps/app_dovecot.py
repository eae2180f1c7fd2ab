"""Dovecot's oauth2 password database: an access token in place of a password, checked by introspection (RFC 7662)."""

import subprocess
import time
import urllib.parse

import requests
from lib import ISSUER, PATIENCE, AppTest, Browser

OAUTH = f"{ISSUER}/api/v1/oauth"
CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols =
ssl = no
auth_mechanisms = plain oauthbearer xoauth2
auth_verbose = yes
passdb {{
  driver = oauth2
  mechanisms = plain oauthbearer xoauth2
  args = {folder}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid=65534 gid=65534 home=/nonexistent
}}
"""
OAUTH2 = """
introspection_mode = post
introspection_url = {introspection}
username_attribute = username
active_attribute = active
active_value = true
"""
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636 appendix B


class Dovecot(AppTest):
    def test_takes_an_access_token_for_a_password_as_long_as_it_is_active(self):
        client_id, secret = self.register("/cb")
        basic = f"{urllib.parse.quote(client_id)}:{urllib.parse.quote(secret)}@"
        self.write("oauth2.conf", OAUTH2.format(introspection=f"{OAUTH}/introspect".replace("://", f"://{basic}")))
        config = self.write("dovecot.conf", CONFIG.format(folder=self.folder))
        self.folder.chmod(0o755)
        self.run_beside(["dovecot", "-F", "-c", config])
        token = self.sign_in(client_id, secret)
        self.assertTrue(self.accepts(config, "ola", token), self.log())
        self.assertFalse(self.accepts(config, "ola", "x" + token[1:]), self.log())
        self.assertFalse(self.accepts(config, "kari", token), self.log())
        revoked = requests.post(f"{OAUTH}/revoke", data={"token": token}, auth=(client_id, secret), timeout=PATIENCE)
        self.assertEqual(revoked.status_code, 200)
        self.assertFalse(self.accepts(config, "ola", token), self.log())

    def accepts(self, config, username, token):
        """Dovecot's own test of a name and a password."""
        command = ["doveadm", "-c", config, "auth", "test", "-x", "service=imap", username, token]
        ends = time.monotonic() + PATIENCE
        while True:
            tried = subprocess.run(command, capture_output=True, text=True, cwd=self.folder)
            # 75: there is no answer (yet).
            if tried.returncode in (0, 77) or time.monotonic() > ends:
                self.assertIn(tried.returncode, (0, 77), tried.stdout + tried.stderr + self.log())
                return tried.returncode == 0
            time.sleep(0.05)

    def sign_in(self, client_id, secret):
        """An access token of Ola's."""
        callback = self.url + "/cb"
        query = urllib.parse.urlencode({
            "response_type": "code", "client_id": client_id, "redirect_uri": callback, "scope": "openid profile",
            "code_challenge": CHALLENGE, "code_challenge_method": "S256",
        })
        back = Browser().open(f"{OAUTH}/authorize?{query}", until=callback)
        code = urllib.parse.parse_qs(urllib.parse.urlsplit(back).query)["code"][0]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback, "code_verifier": VERIFIER}
        answer = requests.post(f"{OAUTH}/token", data=form, auth=(client_id, secret), timeout=PATIENCE)
        return answer.json()["access_token"]
