"""Flask-Dance's custom OAuth 2.0 provider, with an OpenID Connect scope. It has PKCE, and it is off by default."""

from lib import ISSUER, AppTest, Browser

OAUTH = f"{ISSUER}/api/v1/oauth"
APP = """
import os
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
from flask import Flask, redirect, url_for
from flask_dance.consumer import OAuth2ConsumerBlueprint

app = Flask(__name__)
app.secret_key = "of this run alone"
keyfob = OAuth2ConsumerBlueprint(
    "keyfob", __name__, client_id={client_id!r}, client_secret={secret!r}, scope=["openid", "profile", "email"],
    base_url="{oauth}/", token_url="{oauth}/token", authorization_url="{oauth}/authorize"{options},
)
app.register_blueprint(keyfob, url_prefix="/login")

@app.route("/")
def index():
    if not keyfob.session.authorized:
        return redirect(url_for("keyfob.login"))
    return keyfob.session.get("userinfo").json()["email"]

app.run(host="localhost", port={port})
"""


class FlaskDance(AppTest):
    def run_with(self, options, *flags):
        client_id, secret = self.register("/login/keyfob/authorized", *flags)
        self.python(APP.format(client_id=client_id, secret=secret, oauth=OAUTH, options=options, port=self.port))
        return Browser().open(self.url + "/")

    def test_signs_in_with_pkce(self):
        page = self.run_with(", use_pkce=True")
        self.assertEqual((page.url, page.text), (self.url + "/", "ola@example.com"), self.log())

    def test_signs_in_without_pkce_where_the_client_says_so(self):
        page = self.run_with("", "--require-pkce=false")
        self.assertEqual((page.url, page.text), (self.url + "/", "ola@example.com"), self.log())
