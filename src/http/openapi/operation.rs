//! Description of one method of one path in `/openapi.json`.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::schemas::{Schemas, Shape, answer, body, form};
use crate::http::{admin_api::BASE, respond::Refusal};

/// Media type of every `PATCH` of the admin API.
const MERGE_PATCH: &str = "JSON Merge Patch (RFC 7396): an absent member stays as it is, `null` gives a member its default.";

/// The tags.
pub const OAUTH: &str = "oauth";
pub const METADATA: &str = "metadata";
pub const OPERATION: &str = "operation";

/// Description of 429 for endpoints with client authentication.
pub const LIMITED: &str = "Too many requests or failed attempts from one network or for one unauthenticated client \
                           (`slow_down`).";

/// Description of 413.
pub const TOO_LARGE: &str = "The request body is too large.";

#[derive(Default)]
pub struct Operation {
    pub(super) id: &'static str,
    pub(super) tag: &'static str,
    pub(super) summary: Cow<'static, str>,
    pub(super) description: Vec<String>,
    pub(super) parameters: Vec<Part>,
    pub(super) body: Option<(Part, bool)>,
    pub(super) answers: Vec<(u16, Part)>,
    pub(super) security: Option<Value>,
    pub(super) is_admin: bool,
}

/// Written when the document is, once all else is known.
pub(super) type Part = Box<dyn Fn(&mut Schemas) -> Value>;

/// Operation of the contract, with additions to its description.
pub fn contracted() -> Operation {
    Operation::default()
}

/// `id` is the `operationId`: it stays when the path changes, so that generated clients do.
pub fn operation(id: &'static str, tag: &'static str, summary: &'static str) -> Operation {
    Operation {
        id,
        tag,
        summary: summary.into(),
        security: Some(json!([])),
        ..Operation::default()
    }
}

impl Operation {
    pub fn about(mut self, text: impl Into<String>) -> Self {
        self.description.push(text.into());
        self
    }

    /// The caller is a client that authenticates, by HTTP Basic or in the form.
    pub fn by_client(self) -> Self {
        self.security(json!([{ "HTTPBasic": [] }, {}]))
    }

    /// The caller sends an access token.
    pub fn by_token(self) -> Self {
        self.security(json!([{ "HTTPBearer": [] }]))
    }

    pub fn by_token_if_any(self) -> Self {
        self.security(json!([{ "HTTPBearer": [] }, {}]))
    }

    pub(super) fn security(self, security: Value) -> Self {
        Self {
            security: Some(security),
            ..self
        }
    }

    /// The members of `T` are parameters of the query.
    pub fn query<T: JsonSchema>(mut self) -> Self {
        self.parameters
            .push(Box::new(|schemas| schemas.query::<T>()));
        self
    }

    /// A parameter that is not a member of any type.
    pub fn parameter(mut self, parameter: Value) -> Self {
        self.parameters
            .push(Box::new(move |_| json!([parameter.clone()])));
        self
    }

    /// Description of a path parameter whose name does not explain it.
    pub fn path_parameter(self, name: &'static str, description: &'static str) -> Self {
        self.parameter(json!({
            "name": name, "in": "path", "required": true, "description": description,
            "schema": { "type": "string" },
        }))
    }

    /// The body is a form with these members.
    pub fn form<T: JsonSchema>(self) -> Self {
        self.takes("application/x-www-form-urlencoded", form::<T>, true)
    }

    /// The parameters can be sent as a form with these members.
    pub fn form_if_any<T: JsonSchema>(self) -> Self {
        self.takes("application/x-www-form-urlencoded", form::<T>, false)
    }

    /// The body is this JSON.
    pub fn json_body<T: JsonSchema>(self) -> Self {
        self.takes("application/json", body::<T>, true)
    }

    fn takes(self, media_type: &'static str, shape: Shape, is_required: bool) -> Self {
        let part = move |schemas: &mut Schemas| json!({ media_type: { "schema": shape(schemas) } });
        Self {
            body: Some((Box::new(part), is_required)),
            ..self
        }
    }

    /// A response without a body.
    pub fn empty(self, status: u16, description: &'static str) -> Self {
        self.answers(status, description, None)
    }

    pub fn json<T: JsonSchema>(self, status: u16, description: &'static str) -> Self {
        self.typed::<T>(status, "application/json", description)
    }

    /// JSON of a media type of its own.
    pub fn typed<T: JsonSchema>(
        self,
        status: u16,
        media_type: &'static str,
        description: &'static str,
    ) -> Self {
        self.answers(status, description, Some((media_type, answer::<T>)))
    }

    /// A text response of this media type.
    pub fn text(self, status: u16, media_type: &'static str, description: &'static str) -> Self {
        self.answers(status, description, Some((media_type, answer::<String>)))
    }

    pub fn page(self, status: u16, description: &'static str) -> Self {
        self.text(status, "text/html", description)
    }

    /// The document is sent once for each of its versions.
    pub fn cached(self) -> Self {
        self.empty(
            304,
            "Not modified since the version named in `If-None-Match`.",
        )
    }

    /// An error as OAuth writes it.
    pub fn refuses(self, status: u16, description: &'static str) -> Self {
        self.json::<Refusal>(status, description)
    }

    /// Responses of every endpoint with client authentication.
    pub fn refuses_clients(self) -> Self {
        self.refuses(
            401,
            "The client could not be authenticated (`invalid_client`, RFC 6749 §5.2).",
        )
        .header(
            "WWW-Authenticate",
            "Present if the client used HTTP Basic (RFC 6749 §5.2).",
            false,
        )
    }

    /// Errors for a caller without a valid token.
    pub fn refuses_tokens(self, description: &'static str) -> Self {
        self.refuses(401, description)
            .header("WWW-Authenticate", "RFC 6750 §3.", true)
    }

    /// Errors for a caller with an access token, in the contract's dialect.
    pub fn refuses_callers(self) -> Self {
        const CHALLENGE: &str = "`Bearer`, with `error` and `error_description` where credentials were sent (RFC 6750 §3).";
        self.refuses(
            400,
            "Credentials of different subjects, or the request cannot be answered (`invalid_request`).",
        )
        .refuses(401, "No access token, or one that is not valid.")
        .header("WWW-Authenticate", CHALLENGE, true)
        .refuses(403, "The token lacks a scope or has no user, or the act is not allowed.")
        .may_be_busy()
    }

    pub fn limits(self, description: &'static str) -> Self {
        self.refuses(429, description).retry_after()
    }

    pub fn may_be_busy(self) -> Self {
        self.refuses(
            503,
            "The server is overloaded or cannot write to its database. Nothing was changed.",
        )
        .retry_after()
    }

    pub fn retry_after(self) -> Self {
        let wait = "Seconds to wait before retrying.";
        self.with_header(json!({ "Retry-After": {
            "description": wait, "required": true, "schema": { "type": "integer", "minimum": 0 },
        } }))
    }

    /// Redirect of the browser.
    pub fn location(self) -> Self {
        let schema = json!({ "type": "string", "format": "uri-reference" });
        self.with_header(json!({ "Location": { "required": true, "schema": schema } }))
    }

    /// A header of the response that was added last.
    pub fn header(self, name: &'static str, description: &'static str, is_always: bool) -> Self {
        let mut header = json!({ "description": description });
        if is_always {
            header["required"] = true.into();
        }
        header["schema"] = json!({ "type": "string" });
        self.with_header(json!({ name: header }))
    }

    fn with_header(mut self, header: Value) -> Self {
        if let Some((status, part)) = self.answers.pop() {
            let with = move |schemas: &mut Schemas| {
                let mut answer = part(schemas);
                answer["headers"] = header.clone();
                answer
            };
            self.answers.push((status, Box::new(with)));
        }
        self
    }

    pub(super) fn answers(
        mut self,
        status: u16,
        description: &'static str,
        content: Option<(&'static str, Shape)>,
    ) -> Self {
        let part = move |schemas: &mut Schemas| {
            let mut answer = json!({ "description": description });
            if let Some((media_type, shape)) = content {
                answer["content"] = json!({ media_type: { "schema": shape(schemas) } });
            }
            answer
        };
        self.answers.push((status, Box::new(part)));
        self
    }

    /// The operation object (OpenAPI 3.1 §4.8.10). `path` is as OpenAPI writes it.
    pub fn document(&self, method: &str, path: &str, schemas: &mut Schemas) -> Value {
        let mut document = Map::new();
        let mut say = |name: &str, value: Value| document.insert(name.to_owned(), value);
        let below = path.strip_prefix(BASE).unwrap_or_default();
        let (tag, id) = match self.is_admin {
            true => (admin_tag(below), admin_id(method, below)),
            false => (self.tag.to_owned(), self.id.to_owned()),
        };
        if !tag.is_empty() {
            say("tags", json!([tag]));
            say("summary", self.summary.as_ref().into());
        }
        let mut description = self.description.clone();
        if self.is_admin && method == "patch" {
            description.insert(0, MERGE_PATCH.to_owned());
        }
        if !description.is_empty() {
            say("description", description.join(" ").into());
        }
        if !id.is_empty() {
            say("operationId", id.clone().into());
        }
        if let Some(security) = &self.security {
            say("security", security.clone());
        }
        let said = self.parameters.iter().map(|part| part(schemas));
        let said: Vec<_> = said.filter_map(|one| one.as_array().cloned()).collect();
        let mut parameters = said.concat();
        // The contract names its own.
        if !tag.is_empty() {
            let is_said = |one: &Value| parameters.iter().any(|said| said["name"] == one["name"]);
            let more: Vec<_> = in_path(path)
                .into_iter()
                .filter(|one| !is_said(one))
                .collect();
            parameters.splice(0..0, more);
        }
        if !parameters.is_empty() {
            say("parameters", parameters.into());
        }
        if let Some((content, is_required)) = &self.body {
            let content = content(schemas);
            say(
                "requestBody",
                json!({ "required": is_required, "content": content }),
            );
        }
        let answers = self.answers.iter();
        let mut answers: Map<_, _> = answers
            .map(|(status, part)| (status.to_string(), part(schemas)))
            .collect();
        if self.is_admin {
            let problem = json!({ "$ref": "#/components/responses/AdminProblem" });
            answers.insert("default".to_owned(), problem);
        }
        say("responses", answers.into());
        document.into()
    }
}

/// The page that it belongs to.
fn admin_tag(below: &str) -> String {
    format!("admin: {}", below.split('/').nth(1).unwrap_or_default())
}

/// `admin_get_clients_client_id`
fn admin_id(method: &str, below: &str) -> String {
    let words = below.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    format!("admin_{method}_{}", words.join("_"))
}

/// The parameters of the path.
fn in_path(path: &str) -> Vec<Value> {
    let names = path.split('{').skip(1);
    let names = names.filter_map(|rest| rest.split('}').next());
    names
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect()
}
