//! Where the admin API is, and how much it takes.

/// Where the admin API is.
pub const BASE: &str = "/admin/api/v1";

/// Largest request body, in bytes: a state file to import.
pub(super) const BODY_LIMIT: usize = 1024 * 1024;
