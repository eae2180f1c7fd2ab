//! Error of a setting.

/// A value that cannot be. `key` is the name it has in `keyfob.toml`.
#[derive(Debug, thiserror::Error)]
#[error("{key}: {reason}")]
pub struct InvalidConfig {
    pub key: &'static str,
    pub reason: String,
}
