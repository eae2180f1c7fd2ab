//! The admin API: who may use it, how it says no, and what each of its pages can do.

mod backup;
mod client_page;
mod clients;
mod danger;
mod delegation;
mod deleted_names;
mod described;
mod devices;
mod event_names;
mod events;
mod foreign_backup;
mod guard;
mod issued;
mod lists;
mod lost_permission;
mod merge_patch;
mod narrowed;
mod overview;
mod overwriting;
mod password_links;
mod people;
mod preview;
mod quick_fix;
mod requests;
mod resources;
mod settings;
mod sign_in_names;
mod state;
mod stream;
mod traces;
mod trials;
mod trusted_issuers;
mod undo;
mod user_import;
mod watching;

use keyfob::{crypto::password, domain::secret::Secret, domain::user::PasswordHash};
use serde_json::{Value, json};

use crate::support::{Answer, Server};

pub const BASE: &str = "/admin/api/v1";

/// A server with an administrator, and that administrator's browser at the admin page.
pub struct Console {
    pub server: Server,
    cookie: String,
}

impl Console {
    pub fn start() -> Self {
        Self::over(Server::start())
    }

    /// At a server that is told something other than the default.
    pub fn over(server: Server) -> Self {
        server.user("root", |user| {
            user.admin = true;
            user.password_hash = Some(PasswordHash(password::hash(&Secret::new("correct horse"))));
        });
        server.app.refresh_directory().unwrap();
        let mut console = Self {
            server,
            cookie: String::new(),
        };
        let answer = console.send(
            "POST",
            "/session",
            &[],
            Some(&json!({"username": "root", "password": "correct horse"})),
        );
        assert_eq!(answer.status, 201, "{}", answer.text);
        let set = answer.header("set-cookie").unwrap();
        assert!(
            set.contains("HttpOnly") && set.contains("SameSite=Strict"),
            "{set}"
        );
        console.cookie = set.split(';').next().unwrap().to_owned();
        console
    }

    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let mut all = vec![
            ("cookie", self.cookie.as_str()),
            ("sec-fetch-site", "same-origin"),
        ];
        if body.is_some() {
            all.push(("content-type", "application/json"));
        }
        all.extend(headers);
        let body = body.map(Value::to_string);
        self.server.send(
            method,
            &format!("{BASE}{path}"),
            &all,
            body.as_deref().map(str::as_bytes),
        )
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None)
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[], Some(body))
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], None)
    }

    /// Changes an object in the state that it has now.
    pub fn patch(&self, path: &str, body: &Value) -> Answer {
        let seen = self.get(path);
        let tag = seen.header("etag").unwrap_or("\"none\"");
        self.send("PATCH", path, &[("if-match", tag)], Some(body))
    }
}

impl Answer {
    /// Status, `code` and `field` of a problem (RFC 9457).
    pub fn problem(&self) -> (u16, String, Option<String>) {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{}",
            self.text
        );
        let body = self.json();
        assert_eq!(body["status"], self.status);
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        (self.status, text("code").unwrap(), text("field"))
    }
}
