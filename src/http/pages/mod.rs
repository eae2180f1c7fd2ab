//! The hosted pages: server-rendered, working without JavaScript.

pub mod authorize;
mod flow;
pub mod home;
mod html;
pub mod login;
pub mod logout;
mod views;
