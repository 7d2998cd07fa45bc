//! The binary as people and programs run it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]
#![expect(unreachable_pub, reason = "modules of one test binary")]

#[path = "../server/browser.rs"]
#[allow(dead_code, reason = "the helpers serve several test programs")]
mod browser;
#[path = "../server/client.rs"]
#[allow(dead_code, reason = "the helpers serve several test programs")]
mod client;
mod commands;
mod crash;
mod logging;
mod process;
mod serve;
