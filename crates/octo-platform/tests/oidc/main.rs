//! The OpenID provider and its pages, over real sockets.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "../support/app.rs"]
mod app;
#[path = "../support/browser.rs"]
mod browser;
#[path = "../support/platform.rs"]
mod platform;

mod authorization;
mod callers;
mod cors;
mod device_flow;
mod directories;
mod discovery;
mod ended_sign_ins;
mod exchange;
mod external;
mod external_identities;
mod groups;
mod pages;
mod parent_sign_in;
mod refresh;
mod registration;
mod seeding;
mod services;
mod sign_out;
