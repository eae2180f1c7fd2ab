//! Path and limits of the admin API.

/// Path of the admin API.
pub const BASE: &str = "/admin/api/v1";

/// Maximum size of a request body, in bytes: a configuration file to import.
pub(super) const BODY_LIMIT: usize = 1024 * 1024;
