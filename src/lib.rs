//! Keyfob: an OAuth 2.1 and OpenID Connect server in one file.
//!
//! # Code map
//!
//! Folders are layers: each imports only from those above it in this list (`tests/it/architecture.rs`
//! proves it), and each outside technology has one home.
//!
//! - [`domain`]: the words of the field. No I/O, no clock.
//! - [`clock`]: what time it is.
//! - [`concurrency`]: work of many callers at once.
//! - [`crypto`]: the only home of ring, jsonwebtoken and argon2.
//! - [`branding`]: name, color and logo of the hosted pages.
//! - [`config`]: settings of the server.
//! - [`throttle`]: slows down guessing.
//! - [`outbound`]: the only home of ureq: fetches what clients name, guarded.
//! - [`store`]: the only home of rusqlite and r2d2, and of SQL.
//! - [`directory`]: the picture in memory that hot paths read.
//! - [`trace`]: recent sign-ins and failed requests, with the reasons of failures.
//! - [`app`]: what every operation needs.
//! - [`oauth`]: the rules of the protocol.
//! - [`login`]: identity of the user of a browser.
//! - [`admin`]: what an operator may do.
//! - [`http`]: the only home of actix-web.
//! - [`cli`]: the only home of clap.

pub mod admin;
pub mod app;
pub mod branding;
pub mod cli;
pub mod clock;
pub mod concurrency;
pub mod config;
pub mod crypto;
pub mod directory;
pub mod domain;
pub mod http;
pub mod login;
pub mod oauth;
pub mod outbound;
pub mod store;
pub mod throttle;
pub mod trace;
