//! A browser without JavaScript: keeps cookies, follows redirects, fills in the hosted pages.

use std::collections::HashMap;

use keyfob::{
    admin::{By, password_links},
    crypto::{hash, password},
    domain::{
        secret::Secret,
        user::{PasswordHash, User},
    },
};

use super::{Answer, Server, VERIFIER, send};

pub const AUTHORIZE: &str = "/api/v1/oauth/authorize";
pub const PASSWORD: &str = "correct horse";

/// Keeps cookies, as a browser does.
pub struct Browser<'s> {
    url: &'s str,
    cookies: Vec<(String, String)>,
    /// What a proxy before the server says of its address.
    address: Option<String>,
}

impl<'s> Browser<'s> {
    pub fn new(server: &'s Server) -> Self {
        Self::at(&server.url)
    }

    /// At whatever server is at `url`.
    pub fn at(url: &'s str) -> Self {
        Self {
            url,
            cookies: Vec::new(),
            address: None,
        }
    }

    /// Behind a proxy that says this address in `X-Forwarded-For`.
    pub fn behind(server: &'s Server, address: &str) -> Self {
        Self {
            address: Some(address.to_owned()),
            ..Self::new(server)
        }
    }

    /// Has a cookie from elsewhere: `name=value`.
    pub fn carry(&mut self, cookie: &str) {
        let (name, value) = cookie.split_once('=').unwrap();
        self.cookies.push((name.to_owned(), value.to_owned()));
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, None)
    }

    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send("POST", path, Some(fields))
    }

    pub fn send(&mut self, method: &str, path: &str, body: Option<&[(&str, &str)]>) -> Answer {
        let cookies = self.cookie_header();
        let mut headers = vec![("cookie", cookies.as_str())];
        headers.extend(
            self.address
                .iter()
                .map(|at| ("x-forwarded-for", at.as_str())),
        );
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        if let Some(fields) = body {
            headers.push(("content-type", "application/x-www-form-urlencoded"));
            form.extend_pairs(fields);
        }
        let body = form.finish();
        let answer = send(self.url, method, path, &headers, Some(body.as_bytes()));
        for set in answer.headers.get_all("set-cookie") {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        answer
    }

    /// What it sends along. A browser would leave out what is for another path; the server must not mind.
    pub fn cookie_header(&self) -> String {
        let pairs: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    /// The values it has been given.
    pub fn cookies(&self) -> impl Iterator<Item = &str> {
        self.cookies.iter().map(|(_, value)| value.as_str())
    }

    /// One of the server's own cookies over http, where its name carries the port.
    pub fn own_cookie(&self, name: &str) -> Option<&str> {
        let (_, port) = self.url.rsplit_once(':').unwrap();
        self.cookie(&format!("{name}_{port}"))
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        let found = self.cookies.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The page a redirect within the server leads to.
    pub fn follow(&mut self, redirect: &Answer) -> Answer {
        assert_eq!(redirect.status, 303, "{}", redirect.text);
        self.get(redirect.header("location").unwrap())
    }

    /// Signs in on the page a redirect leads to.
    pub fn sign_in(&mut self, redirect: &Answer, username: &str) -> Answer {
        assert!(redirect.leads_to("/login"), "{:?}", redirect.headers);
        let page = self.follow(redirect);
        let (interaction, csrf) = (page.field("interaction"), page.field("csrf"));
        self.post(
            "/login",
            &[
                ("interaction", &interaction),
                ("csrf", &csrf),
                ("username", username),
                ("password", PASSWORD),
            ],
        )
    }

    /// Answers the consent page a redirect leads to: `allow`, `deny` or `switch`.
    pub fn decide(&mut self, redirect: &Answer, decision: &str) -> Answer {
        assert!(redirect.leads_to("/consent"), "{:?}", redirect.headers);
        let page = self.follow(redirect);
        let (interaction, csrf) = (page.field("interaction"), page.field("csrf"));
        self.post(
            "/consent",
            &[
                ("interaction", &interaction),
                ("csrf", &csrf),
                ("decision", decision),
            ],
        )
    }

    /// Sends an authorization request and does whatever the pages ask for, as `username`.
    pub fn authorize(&mut self, parameters: &[(&str, &str)], username: &str) -> Answer {
        let mut answer = self.get(&authorize_path(parameters));
        if answer.leads_to("/login") {
            answer = self.sign_in(&answer, username);
        }
        if answer.leads_to("/consent") {
            answer = self.decide(&answer, "allow");
        }
        answer
    }
}

impl Answer {
    /// Whether it redirects to this page of the server.
    pub fn leads_to(&self, page: &str) -> bool {
        self.header("location")
            .is_some_and(|to| to.split('?').next() == Some(page))
    }

    /// The code of the error that the page shows.
    pub fn shown_error(&self) -> Option<&str> {
        let (_, rest) = self.text.split_once(r#"id="error-code">"#)?;
        rest.split('<').next()
    }

    /// The value of a hidden field.
    pub fn field(&self, name: &str) -> String {
        let marker = format!(r#"name="{name}" value=""#);
        let found = self.text.split_once(&marker);
        let (_, rest) = found.unwrap_or_else(|| panic!("no {name} in {}", self.text));
        rest.split('"').next().unwrap().to_owned()
    }

    /// The parameters of an authorization response that leads to `https://app.example/cb`.
    pub fn parameters(&self) -> HashMap<String, String> {
        // A long address is in a page that leads on.
        let in_page = || {
            let (_, rest) = self.text.split_once("content=\"0; url=")?;
            Some(rest.split('"').next()?.replace("&#38;", "&"))
        };
        let location = match self.status {
            303 => self.header("location").map(str::to_owned),
            200 => in_page(),
            status => panic!("{status}: {}", self.text),
        };
        let location = location.unwrap_or_else(|| panic!("{}", self.text));
        let location = url::Url::parse(&location).unwrap();
        assert!(
            location.as_str().starts_with("https://app.example/cb?"),
            "{location}"
        );
        location.query_pairs().into_owned().collect()
    }
}

/// The path of an authorization request.
pub fn authorize_path(parameters: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    format!("{AUTHORIZE}?{}", query.finish())
}

/// The S256 challenge of [`VERIFIER`].
pub fn challenge() -> String {
    hash::base64url(&hash::sha256(VERIFIER.as_bytes()))
}

impl Server {
    /// The code of a fresh link on which the user chooses a password.
    pub fn link_code(&self, username: &str) -> String {
        let (name, issuer) = (username.to_owned(), self.app.config.issuer.clone());
        let by = By::administrator("root", None);
        let store = &self.app.store;
        let made = store.write_blocking(move |tx| password_links::make(tx, &by, &name, &issuer));
        let link = made.unwrap().value;
        let (page, code) = link.url.split_once("#t=").unwrap();
        assert_eq!(page, format!("{}/password", self.app.config.issuer));
        code.to_owned()
    }

    /// A user whose name is `username` and whose password is [`PASSWORD`].
    pub fn person(&self, username: &str) {
        self.person_with(username, |_| {});
    }

    pub fn person_with(&self, username: &str, change: impl FnOnce(&mut User)) {
        self.user(username, |user| {
            user.password_hash = Some(PasswordHash(password::hash(&Secret::new(PASSWORD))));
            change(user);
        });
    }
}
