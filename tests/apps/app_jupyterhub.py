"""JupyterHub with oauthenticator's GenericOAuthenticator, as its documentation sets up any OpenID provider."""

from lib import ISSUER, NODE_PROGRAMS, AppTest, Browser, free_port

OAUTH = f"{ISSUER}/api/v1/oauth"
CONFIG = """
c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.client_id = {client_id!r}
c.GenericOAuthenticator.client_secret = {secret!r}
c.GenericOAuthenticator.oauth_callback_url = "{url}/hub/oauth_callback"
c.GenericOAuthenticator.authorize_url = "{oauth}/authorize"
c.GenericOAuthenticator.token_url = "{oauth}/token"
c.GenericOAuthenticator.userdata_url = "{oauth}/userinfo"
c.GenericOAuthenticator.scope = ["openid", "profile", "email"]
c.GenericOAuthenticator.username_claim = "preferred_username"
c.GenericOAuthenticator.allow_all = True
c.JupyterHub.bind_url = "{url}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub_port}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.ConfigurableHTTPProxy.command = [{proxy!r}]
c.JupyterHub.spawner_class = "simple"
"""


class JupyterHub(AppTest):
    def test_signs_in(self):
        client_id, secret = self.register("/hub/oauth_callback")
        config = self.write("jupyterhub_config.py", CONFIG.format(
            client_id=client_id, secret=secret, url=self.url, oauth=OAUTH, hub_port=free_port(), proxy_port=free_port(),
            proxy=str(NODE_PROGRAMS / "configurable-http-proxy"),
        ))
        self.start(["jupyterhub", "-f", config], "/hub/login")
        browser = Browser()
        page = browser.open(f"{self.url}/hub/oauth_login?next=/hub/home")
        self.assertEqual((page.status_code, page.url), (200, f"{self.url}/hub/home"), page.text[:2000] + self.log())
        self.assertIn("ola", page.text)
