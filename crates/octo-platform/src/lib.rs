//! The embedded OctoMesh services: OpenID provider, identity, assets, communication, reporting, bot.
//!
//! [`Platform::start`] opens the data directory, seeds the system tenant, binds one listener per
//! service and returns a [`RunningPlatform`]. All lasting state is entities in `octo-runtime`;
//! only what may be lost with the process (pending device codes, browser sessions, attempt
//! counters) lives in memory.
//!
//! | module | what it holds |
//! |---|---|
//! | [`config`], [`server`], [`state`] | starting, listeners, what all services share |
//! | [`auth`] | the extractors through which every REST handler gets its caller and tenant |
//! | [`oidc`], [`pages`] | the OpenID provider and its login and device pages |
//! | [`accounts`], [`seed`] | users, roles, tenants' trust in each other; what a tenant starts with |
//! | [`identity`], [`assets`], [`bot`] | the REST services |
//! | [`jobs`], [`problem`] | background jobs and error bodies of the REST services |
//! | [`keys`], [`token`], [`secret`], [`password`], [`throttle`], [`locks`], [`clock`] | the tools of those |

pub mod accounts;
pub mod assets;
pub mod auth;
pub mod bot;
pub mod clock;
pub mod config;
pub mod identity;
pub mod jobs;
pub mod keys;
pub mod locks;
pub mod oidc;
pub mod pages;
pub mod password;
pub mod problem;
mod rest;
pub mod secret;
pub mod seed;
pub mod server;
pub mod state;
pub mod throttle;
pub mod token;
mod unread;

pub use config::{BindAddresses, PlatformConfig, ProviderAuthorities, SelfRegistration, Service};
pub use server::{Platform, PlatformError, PlatformUrls, RunningPlatform};
pub use state::PlatformState;
