//! Tenants, models and the mutation pipeline on real databases.

#![allow(clippy::unwrap_used)]

mod associations;
mod crash;
mod dto;
mod fixture;
mod migrations;
#[path = "../fixture/model.rs"]
mod model;
mod models;
mod mutations;
mod queries;
mod tenants;
mod values;
