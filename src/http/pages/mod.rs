//! The hosted pages: server-rendered, working without JavaScript.

pub mod account;
pub mod admin;
mod asked;
pub mod authorize;
mod browser;
pub mod consent;
pub mod device;
pub mod end_session;
pub mod home;
pub mod html;
mod interaction;
pub mod login;
pub mod logout;
pub mod offer;
mod onward;
mod own_get;
pub mod password;
pub mod quick_fix;
mod reader;
pub mod setup;
mod texts;
mod views;
