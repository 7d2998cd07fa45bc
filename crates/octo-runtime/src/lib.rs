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
//! | [`runtime`], [`tenant`] | tenants, their registry and models |
//! | [`change`], [`mutation`] | change sets and the pipeline that validates and applies them |
//! | [`query`], [`criteria`] | what callers ask for, by attribute name |
//! | [`value`], [`attributes`], [`entity`] | the data itself |
//! | [`store`] | what a database must offer; SQLite is the embedded one |
//!
//! The rules come from the specification chapter *Runtime engine*; section numbers in the docs of
//! each module refer to it unless another chapter is named.

pub mod attributes;
pub mod change;
pub mod criteria;
pub mod dto;
pub mod entity;
pub mod error;
pub mod message;
pub mod models;
pub mod mutation;
pub mod path;
pub mod query;
mod resolve;
pub mod rt_id;
pub mod runtime;
pub mod store;
pub mod tenant;
pub mod tenant_id;
pub mod value;

pub use attributes::Attributes;
pub use change::{
    Applied, ChangeSet, DeleteEntity, DeleteMode, Deleted, LinkEnd, MissingAssociation, NewEntity,
    RestoreEntity, Restored, UpdateEntity,
};
pub use criteria::{Criteria, FieldFilter, Operand, Operator};
pub use dto::{AttributeDto, EntityDto, Projection};
pub use entity::{Association, Direction, Entity, EntityRef, RtState};
pub use error::{Duplicate, Problem, RuntimeError, VersionConflict};
pub use models::{InstalledModel, ModelImport};
pub use query::{AssociationQuery, EntityQuery, Page, SortOrder, TargetQuery};
pub use rt_id::{RtId, RtIdError};
pub use runtime::{ChildrenQuery, Runtime, RuntimeConfig, TenantInfo};
pub use store::{EntityStore, StoreError};
pub use tenant::Tenant;
pub use tenant_id::{DatabaseName, NameError, TenantId};
pub use value::{BinaryInfo, DateTimeOffset, GeoPoint, Record, Value};
