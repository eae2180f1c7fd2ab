"""express-openid-connect. Its default, an ID token from the authorization endpoint, is not of OAuth 2.1: it is refused with
what to set, and with that it signs in."""

from lib import AppTest, Browser


class ExpressOpenidConnect(AppTest):
    def test_signs_in_with_a_code(self):
        client_id, secret = self.register("/callback")
        self.node("express_openid_connect", CLIENT_ID=client_id, CLIENT_SECRET=secret)
        page = Browser().open(f"{self.url}/login")
        self.assertEqual((page.url, page.text), (self.url + "/", "ola@example.com"), self.log())

    def test_its_default_is_refused_with_the_setting_that_is_missing(self):
        client_id, _ = self.register("/callback")
        self.node("express_openid_connect", CLIENT_ID=client_id)
        browser = Browser()
        browser.open(f"{self.url}/login")
        self.assertEqual(browser.sent.get("error"), "unsupported_response_type")
        self.assertIn("code", browser.sent["error_description"])
