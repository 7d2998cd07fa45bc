//! Runtime entities of OctoMesh tenants: values, queries, associations and their stores.
//!
//! A [`Runtime`] holds all [`Tenant`]s of one deployment. Each tenant has its own database, its
//! own type graph (built from the Construction Kit models imported into it) and its entities:
//!
//! ```no_run
//! # async fn demo() -> Result<(), octo_runtime::RuntimeError> {
//! use octo_runtime::{EntityQuery, NewEntity, Runtime, RuntimeConfig, UpdateEntity};
//!
//! let runtime = Runtime::open(RuntimeConfig::new("/var/lib/octo")).await?;
//! let tenant = runtime.system_tenant();
//!
//! let created = tenant
//!     .insert(NewEntity::of("System.Identity/User").set("UserName", "ada"))
//!     .await?;
//! let page = tenant
//!     .query(EntityQuery::of("System.Identity/User").eq("UserName", "ada").take(1))
//!     .await?;
//! assert_eq!(page.items[0].attributes.str("UserName"), Some("ada"));
//!
//! tenant
//!     .update(
//!         UpdateEntity::of("System.Identity/User", created.rt_id)
//!             .set("FirstName", "Ada")
//!             .expect_version(created.version),
//!     )
//!     .await?;
//! # Ok(()) }
//! ```
//!
//! Layers, from the outside in:
//!
//! | module | job |
//! |---|---|
//! | [`runtime`], [`tenant`] | tenants and their registry |
//! | [`models`], [`migration`] | models of a tenant, and data that follows them |
//! | [`change`], [`mutation`] | change sets and the pipeline that validates and applies them |
//! | [`query`], [`criteria`], [`aggregation`] | what callers ask for, by attribute name |
//! | [`persisted`], [`auto_complete`] | questions kept as entities, and answers while a user types |
//! | [`walk`] | trees and deep graphs along associations |
//! | [`value`], [`attributes`], [`entity`] | the data itself |
//! | [`store`] | what a database must offer; SQLite is the embedded one |
//!
//! The rules come from the specification chapter *Runtime engine*; section numbers in the docs of
//! each module refer to it unless another chapter is named.

pub mod aggregation;
pub mod attributes;
pub mod auto_complete;
pub mod change;
pub mod criteria;
pub mod dto;
pub mod entity;
pub mod error;
pub mod message;
pub mod migration;
pub mod models;
pub mod mutation;
pub mod path;
pub mod persisted;
pub mod query;
mod resolve;
pub mod rt_id;
pub mod runtime;
pub mod store;
pub mod tenant;
pub mod tenant_id;
mod text;
pub mod value;
pub mod walk;

pub use aggregation::{Aggregated, AggregatedRow, AggregationColumn, AggregationQuery, Function};
pub use attributes::Attributes;
pub use change::{
    Applied, BinaryContent, ChangeSet, DeleteEntity, DeleteMode, Deleted, LinkEnd,
    MissingAssociation, NewAssociation, NewBinary, NewEntity, RestoreEntity, Restored,
    UpdateEntity,
};
pub use criteria::{Criteria, FieldFilter, Operand, Operator};
pub use dto::{AssociationDto, AttributeDto, EntityDto, Projection};
pub use entity::{Association, Direction, Entity, EntityRef, RtState};
pub use error::{Duplicate, Problem, RuntimeError, VersionConflict};
pub use migration::{MigrationRecord, MigrationResult, UpgradeOptions, UpgradeStatus};
pub use models::{EnumChange, InstalledModel, ModelImport};
pub use persisted::{PersistedQuery, PersistedQueryError};
pub use query::{
    AssociationQuery, AttributeSearch, CursorPage, EntityQuery, NavigationFilterMode, Near, Page,
    SortOrder, TargetQuery, TextQuery,
};
pub use rt_id::{RtId, RtIdError};
pub use runtime::{ChildrenQuery, Runtime, RuntimeConfig, TenantInfo};
pub use store::{EntityStore, Figure, StoreError};
pub use tenant::Tenant;
pub use tenant_id::{DatabaseName, NameError, TenantId};
pub use value::{BinaryInfo, DateTimeOffset, GeoPoint, Record, Value};
pub use walk::{DeepGraph, DeepGraphQuery, Stop, Tree, TreeNode, TreeQuery};
