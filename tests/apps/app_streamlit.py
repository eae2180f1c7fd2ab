"""Streamlit's own sign-in (st.login), by its documentation: a file of secrets and one line of code."""

import subprocess
import sys

from lib import ISSUER, AppTest, Browser

SECRETS = """
[auth]
redirect_uri = "{url}/oauth2callback"
cookie_secret = "of this run alone"
client_id = "{client_id}"
client_secret = "{secret}"
server_metadata_url = "{issuer}/.well-known/openid-configuration"
"""


class Streamlit(AppTest):
    def test_signs_in(self):
        client_id, secret = self.register("/oauth2callback")
        (self.folder / ".streamlit").mkdir()
        self.write(".streamlit/secrets.toml", SECRETS.format(
            url=self.url, client_id=client_id, secret=secret, issuer=ISSUER))
        app = self.write("app.py", 'import streamlit as st\nif not st.user.is_logged_in:\n    st.login()\n')
        self.start(["streamlit", "run", app, f"--server.port={self.port}", "--server.address=localhost",
                    "--server.headless=true", "--browser.gatherUsageStats=false"], "/_stcore/health", HOME=self.folder)
        browser = Browser()
        page = browser.open(f"{self.url}/auth/login?provider={self.provider_token()}")
        self.assertEqual((page.status_code, page.url), (200, self.url + "/"), page.text[:2000] + self.log())
        self.assertTrue(any(cookie.name.startswith("_streamlit_user") for cookie in browser.session.cookies),
                        " ".join(browser.visited) + self.log())

    def provider_token(self):
        """What the page puts into the address of the sign-in: which provider, signed with the app's secret."""
        program = "from streamlit.auth_util import encode_provider_token as token; print(token('default'))"
        made = subprocess.run([sys.executable, "-c", program], cwd=self.folder, check=True, capture_output=True, text=True)
        return made.stdout.split()[-1]
