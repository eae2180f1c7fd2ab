//! Identity of the user of a browser.

pub mod admin_session;
pub mod known_browsers;
pub mod page_token;
pub mod password;
pub mod persona;
pub mod session;
pub mod setup;
