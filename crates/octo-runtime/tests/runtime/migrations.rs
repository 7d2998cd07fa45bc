//! Data that follows its models.

mod actions;
mod conditions;
mod failures;
mod files;
mod history;
mod shop;
mod transforms;
mod types;
