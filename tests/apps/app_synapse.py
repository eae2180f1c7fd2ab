"""Matrix Synapse with an OpenID provider, by its documentation: discovery, and a user of its own for each person."""

import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import requests
from lib import ISSUER, AppTest, Browser

CLIENT = "http://client.example/"
CONFIG = """
server_name: "localhost"
pid_file: synapse.pid
public_baseurl: "{url}/"
listeners:
  - port: {port}
    tls: false
    type: http
    bind_addresses: ["127.0.0.1", "::1"]
    resources: [{{names: [client], compress: false}}]
database: {{name: sqlite3, args: {{database: homeserver.db}}}}
log_config: "log.yaml"
media_store_path: media
registration_shared_secret: "of this run alone"
macaroon_secret_key: "of this run alone"
form_secret: "of this run alone"
signing_key_path: "signing.key"
report_stats: false
trusted_key_servers: []
suppress_key_server_warning: true
sso: {{client_whitelist: ["http://client.example/"]}}
oidc_providers:
  - idp_id: keyfob
    idp_name: Keyfob
    issuer: "{issuer}"
    client_id: "{client_id}"
    client_secret: "{secret}"
    scopes: ["openid", "profile", "email"]
    user_mapping_provider:
      config:
        localpart_template: "{{{{ user.preferred_username }}}}"
        display_name_template: "{{{{ user.name }}}}"
"""
LOG = """
version: 1
handlers: {console: {class: logging.StreamHandler}}
root: {level: WARNING, handlers: [console]}
"""


class Synapse(AppTest):
    def test_signs_in(self):
        client_id, secret = self.register("/_synapse/client/oidc/callback")
        self.write("log.yaml", LOG)
        config = self.write("homeserver.yaml", CONFIG.format(
            url=self.url, port=self.port, issuer=ISSUER, client_id=client_id, secret=secret))
        python = [sys.executable, "-m", "synapse.app.homeserver", "-c", config]
        subprocess.run([*python, "--generate-keys"], check=True, cwd=self.folder, capture_output=True)
        self.start(python, "/health")
        sign_in = f"{self.url}/_matrix/client/v3/login/sso/redirect/oidc-keyfob?redirectUrl={CLIENT}"
        back = Browser().open(sign_in, until=CLIENT)
        self.assertIsInstance(back, str, getattr(back, "text", "") + self.log())
        token = parse_qs(urlsplit(back).query)["loginToken"][0]
        answer = requests.post(f"{self.url}/_matrix/client/v3/login", json={"type": "m.login.token", "token": token},
                               timeout=30)
        self.assertEqual(answer.json().get("user_id"), "@ola:localhost", answer.text + self.log())
