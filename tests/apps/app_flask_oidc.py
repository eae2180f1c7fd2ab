"""flask-oidc, by its documentation. It has no switch for PKCE, and sends a nonce."""

import json

from lib import ISSUER, AppTest, Browser

OAUTH = f"{ISSUER}/api/v1/oauth"
APP = """
from flask import Flask, g, session
from flask_oidc import OpenIDConnect

app = Flask(__name__)
app.config.update(SECRET_KEY="of this run alone", OIDC_CLIENT_SECRETS="client_secrets.json")
oidc = OpenIDConnect(app)

@app.route("/")
@oidc.require_login
def index():
    return session["oidc_auth_profile"]["email"]

@app.route("/ready")
def ready():
    return ""

app.run(host="localhost", port={port})
"""


class FlaskOidc(AppTest):
    def test_signs_in(self):
        client_id, secret = self.register("/authorize")
        self.write("client_secrets.json", json.dumps({"web": {
            "client_id": client_id, "client_secret": secret, "issuer": ISSUER,
            "auth_uri": f"{OAUTH}/authorize", "token_uri": f"{OAUTH}/token", "userinfo_uri": f"{OAUTH}/userinfo",
        }}))
        self.python(APP.format(port=self.port), "/ready")
        page = Browser().open(self.url + "/")
        self.assertEqual((page.url, page.text), (self.url + "/", "ola@example.com"), self.log())
