//! Additions of the admin API to the description of an operation.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde_json::{Map, json};

use super::{
    operation::Operation,
    schemas::{Schemas, Shape, body},
};
use crate::admin::listing::List;

/// An operation of the admin API. Its `operationId` and its tag are derived from its path.
pub fn admin(summary: impl Into<Cow<'static, str>>) -> Operation {
    Operation {
        summary: summary.into(),
        security: Some(json!([{ "AdminSession": [] }, { "HTTPBearer": ["keyfob:admin"] }])),
        is_admin: true,
        ..Operation::default()
    }
}

impl Operation {
    /// No credentials are needed.
    pub fn public(self) -> Self {
        self.security(json!([]))
    }

    /// The password must have been given not long ago.
    pub fn fresh(self) -> Self {
        self.fresh_if("")
    }

    /// The same with a condition: ` if …`.
    pub fn fresh_if(self, condition: &'static str) -> Self {
        self.about(format!(
            "Requires a password confirmed in the last ten minutes{condition}; otherwise 403 `password_required`. A \
             session confirms it with `PUT /session`; for an access token, `auth_time` decides."
        ))
    }

    /// A change that names the version it changes (RFC 9110 §13.1.1, RFC 6585 §3).
    pub fn if_match(self) -> Self {
        self.if_match_header(
            true,
            "ETag of the version you read. 428 if missing, 412 if it has changed since.",
        )
    }

    /// The same with an optional version.
    pub fn if_match_if_any(self) -> Self {
        self.if_match_header(
            false,
            "ETag of the version you read. 412 if it has changed since.",
        )
    }

    fn if_match_header(self, is_required: bool, description: &str) -> Self {
        self.parameter(json!({
            "name": "If-Match", "in": "header", "required": is_required, "schema": { "type": "string" },
            "description": description,
        }))
    }

    /// Parameters of every list.
    pub fn listed(self, list: &List) -> Self {
        let both = list
            .orders
            .iter()
            .flat_map(|order| match order.strip_prefix('-') {
                Some(name) => [(*order).to_owned(), name.to_owned()],
                None => [(*order).to_owned(), format!("-{order}")],
            });
        let both: Vec<_> = both.collect();
        let sort = json!({ "type": "string", "enum": both, "default": both.first() });
        self.parameter(json!({ "name": "cursor", "in": "query", "schema": { "type": "string" } }))
            .parameter(json!({ "name": "limit", "in": "query", "schema": { "type": "integer" } }))
            .parameter(json!({ "name": "sort", "in": "query", "schema": sort }))
            .parameter(json!({
                "name": "format", "in": "query", "schema": { "type": "string", "enum": ["json"] },
                "description": "`json`: the whole filtered list as one JSON array instead of a page.",
            }))
    }

    /// The list can be searched.
    pub fn searched(self) -> Self {
        self.parameter(json!({ "name": "q", "in": "query", "schema": { "type": "string" } }))
    }

    /// The body is this JSON, in which this member cannot be left out.
    pub fn json_body_with<T: JsonSchema>(self, member: Option<&'static str>) -> Self {
        let Some(member) = member else {
            return self.json_body::<T>();
        };
        let part = move |schemas: &mut Schemas| {
            let schema = json!({ "allOf": [body::<T>(schemas), { "required": [member] }] });
            json!({ "application/json": { "schema": schema } })
        };
        Self {
            body: Some((Box::new(part), true)),
            ..self
        }
    }

    /// The body is a file of this media type.
    pub fn file_body(self, media_type: &'static str) -> Self {
        let part = move |_: &mut Schemas| json!({ media_type: {} });
        Self {
            body: Some((Box::new(part), true)),
            ..self
        }
    }

    pub fn gives<T: JsonSchema>(self) -> Self {
        self.json::<T>(200, "Success.")
    }

    pub fn makes<T: JsonSchema>(self) -> Self {
        self.json::<T>(201, "Created.")
    }

    /// The same, of one of several types.
    pub fn makes_shape(self, shape: Shape) -> Self {
        self.answers(201, "Created.", Some(("application/json", shape)))
    }

    pub fn gives_shape(self, shape: Shape) -> Self {
        self.answers(200, "Success.", Some(("application/json", shape)))
    }

    /// There is nothing to say.
    pub fn does(self) -> Self {
        self.empty(204, "Done.")
    }

    /// A response that is a file of one of these media types.
    pub fn file(mut self, media_types: &'static [&'static str]) -> Self {
        let part = move |_: &mut Schemas| {
            let content = media_types
                .iter()
                .map(|kind| ((*kind).to_owned(), json!({})));
            json!({ "description": "Success.", "content": content.collect::<Map<_, _>>() })
        };
        self.answers.push((200, Box::new(part)));
        self
    }
}
