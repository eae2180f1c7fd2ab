"""Node-RED's editor behind passport-openidconnect, as its documentation on securing the editor sets up a strategy."""

from lib import HERE, ISSUER, AppTest, Browser

OAUTH = f"{ISSUER}/api/v1/oauth"
SETTINGS = """
module.exports = {{
  uiPort: {port},
  uiHost: "localhost",
  userDir: {folder!r},
  logging: {{ console: {{ level: "warn" }} }},
  adminAuth: {{
    type: "strategy",
    strategy: {{
      name: "openidconnect",
      label: "Sign in with Keyfob",
      strategy: require({module!r}).Strategy,
      options: {{
        issuer: "{issuer}",
        authorizationURL: "{oauth}/authorize",
        tokenURL: "{oauth}/token",
        userInfoURL: "{oauth}/userinfo",
        clientID: {client_id!r},
        clientSecret: {secret!r},
        callbackURL: "{url}/auth/strategy/callback",
        scope: ["email", "profile"],
        verify: (issuer, profile, done) => done(null, profile),
      }},
    }},
    users: [{{ username: "ola", permissions: ["*"] }}],
  }},
}};
"""


class NodeRed(AppTest):
    def test_signs_in_where_the_client_says_that_pkce_is_not_needed(self):
        client_id, secret = self.register("/auth/strategy/callback", "--require-pkce=false")
        settings = self.write("settings.js", SETTINGS.format(
            port=self.port, folder=str(self.folder), module=str(HERE / "node_modules/passport-openidconnect"),
            issuer=ISSUER, oauth=OAUTH, url=self.url, client_id=client_id, secret=secret))
        self.start(["node-red", "--settings", settings], "/auth/login")
        browser = Browser()
        page = browser.open(f"{self.url}/auth/strategy")
        self.assertEqual(page.status_code, 200, page.text[:2000] + self.log())
        self.assertIn("access_token=", page.url, page.text[:2000] + self.log())
