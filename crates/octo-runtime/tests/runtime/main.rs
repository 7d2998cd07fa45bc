//! Tenants, models and the mutation pipeline on real databases.

#![allow(clippy::unwrap_used)]

mod aggregation;
mod assignments;
mod association_values;
mod associations;
mod binaries;
mod counters;
mod crash;
mod dto;
mod edges_of_values;
mod fixture;
mod linked_figures;
mod migrations;
#[path = "../fixture/model.rs"]
mod model;
mod models;
mod mutations;
mod navigations;
mod operators;
mod pages;
mod problems;
mod queries;
mod restores;
mod searches;
mod tenants;
mod uniqueness;
mod values;
mod versions;
mod walks;
