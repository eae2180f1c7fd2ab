//! JSON schemas of types with a single value: a string or a number.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{
    id::Id,
    name::{ClientId, ScopeName, Subject, TeamId},
    redirect_uri::RedirectUri,
    resource::ResourceUri,
    scope::ScopeSet,
    secret::Secret,
    time::{Lifetime, UnixMillis, UnixSeconds},
};

macro_rules! shown_as {
    ($($schema:tt: $($type:ident),+;)+) => {$($(
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )+)+};
}

shown_as! {
    { "type": "string" }: ClientId, ScopeName, ScopeSet, Subject, TeamId;
    { "type": "string", "format": "password" }: Secret;
    { "type": "string", "format": "uri" }: RedirectUri, ResourceUri;
    { "type": "string", "format": "uuid" }: Id;
    { "type": "integer" }: UnixSeconds, UnixMillis;
    { "type": "integer", "minimum": 0 }: Lifetime;
}
