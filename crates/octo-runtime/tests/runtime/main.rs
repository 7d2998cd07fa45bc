//! Tenants, models and the mutation pipeline on real databases.

#![allow(clippy::unwrap_used)]

mod assignments;
mod association_values;
mod associations;
mod counters;
mod crash;
mod dto;
mod fixture;
#[path = "../fixture/model.rs"]
mod model;
mod models;
mod mutations;
mod problems;
mod queries;
mod restores;
mod tenants;
mod uniqueness;
mod values;
mod versions;
mod walks;
