//! Authentication context classes (`acr`): how sure the server is of who signed in.
//!
//! Levels of ISO/IEC 29115, as in OIDC Core §2.

/// No level: one-click sign-in in development mode.
pub const NONE: &str = "0";
/// The person knew a secret.
pub const ONE_FACTOR: &str = "1";

/// The class of a sign-in, by the methods (RFC 8176) that it used.
pub fn of(amr: &str) -> &'static str {
    match amr {
        "user" => NONE,
        _ => ONE_FACTOR,
    }
}

/// The classes that a sign-in can have here.
pub fn supported(dev_mode: bool) -> &'static [&'static str] {
    if dev_mode {
        &[NONE, ONE_FACTOR]
    } else {
        &[ONE_FACTOR]
    }
}
