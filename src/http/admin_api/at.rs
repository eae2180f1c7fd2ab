//! A path of the admin API, with errors in the API's format.

use schemars::JsonSchema;

use super::{
    list::{List, Page},
    problem::Problem,
};
use crate::http::{
    endpoint::{self, Endpoint},
    openapi::{admin_operation::admin, operation::Operation},
};

/// A path below [`BASE`](super::BASE).
pub fn at(path: &str) -> Endpoint {
    endpoint::at(path).other_method(|_, allow| Problem::method_not_allowed(allow))
}

/// A body without members.
#[derive(JsonSchema)]
#[schemars(inline)]
pub struct Nothing {}

/// A list of `T`.
pub fn list<T: JsonSchema>(summary: &'static str, list: &List) -> Operation {
    admin(summary).listed(list).gives::<Page<T>>()
}
