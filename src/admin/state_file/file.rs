//! A file of the right shape.

use super::{declared::Declarations, document::Source};
use crate::config::settings::Given;

/// A file of the right shape.
#[derive(Clone)]
pub struct StateFile {
    pub source: Source,
    pub scalars: Vec<Scalar>,
    pub declarations: Declarations,
}

/// A setting that the file holds.
#[derive(Clone)]
pub struct Scalar {
    /// A key of [`crate::config::settings::SETTINGS`]; for a secret also that key with `_file`.
    pub key: String,
    pub line: usize,
    pub given: Given,
}
