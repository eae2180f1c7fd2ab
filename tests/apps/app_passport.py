"""passport-openidconnect on Express."""

from lib import AppTest, Browser


class Passport(AppTest):
    def test_signs_in_where_the_client_says_that_pkce_is_not_needed(self):
        client_id, secret = self.register("/cb", "--require-pkce=false")
        self.node("passport", CLIENT_ID=client_id, CLIENT_SECRET=secret)
        page = Browser().open(f"{self.url}/login")
        self.assertEqual((page.url, page.text), (self.url + "/", "ola@example.com"), self.log())
