//! The HTTP side: the only home of actix-web.

pub mod validation;
