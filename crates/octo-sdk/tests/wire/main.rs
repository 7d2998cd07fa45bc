//! What the clients put on the wire and how they read answers: every route once, over a real
//! socket, against a server that records what arrives.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod assets;
mod bot;
mod clients;
mod errors;
mod groups;
mod identity;
mod oauth;
mod providers;
mod recorder;
mod revisions;

use octo_sdk::{AccessToken, Http, HttpOptions};

fn http() -> Http {
    Http::new(&HttpOptions::default()).unwrap()
}

fn token() -> AccessToken {
    AccessToken::new("tok")
}
