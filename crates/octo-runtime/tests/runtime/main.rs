//! Tenants, models and the mutation pipeline on real databases.

#[path = "../fixture/fixture.rs"]
mod fixture;
mod mutations;
