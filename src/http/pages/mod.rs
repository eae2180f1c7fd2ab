//! The hosted pages: server-rendered, working without JavaScript.

pub mod authorize;
mod flow;
pub mod home;
pub mod html;
pub mod login;
pub mod logout;
pub mod setup;
mod views;
