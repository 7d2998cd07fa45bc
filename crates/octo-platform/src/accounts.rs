//! People and what they may do, across tenants.
//!
//! Users, roles, groups and trust between tenants are entities of `System.Identity` in each
//! tenant's own database. This module reads and changes them for the OpenID provider, the pages
//! and the services that administer tenants.
//!
//! A tenant lets users of its *parent* in when it has an enabled provider of type
//! `OctoTenantIdentityProvider` that names the parent ([`trust`]). Such a user gets a *shadow user*
//! in the tenant ([`shadow`]); its roles come from an `ExternalTenantUserMapping` ([`mappings`])
//! and from the groups that list mapping or shadow ([`roles`]). [`provision`] sets all of that up
//! for an administrator; [`parent_sign_in`] lets them in; [`rights_elsewhere`] counts what all of it
//! gives to one user. Groups for people who come from elsewhere are found at their first login
//! ([`first_login`]). OAuth clients reach child tenants as copies ([`client_mirrors`]).
//! What other providers people may come from is in [`providers`]. Whoever another provider has
//! verified becomes a user of the tenant in [`external_identity`]; directories are asked in
//! [`directory`], when people sign in with one ([`directory_sign_in`]). How long a sign-in counts, says
//! [`sign_in_basis`].

pub mod allowed_tenants;
pub mod client_mirrors;
pub mod credentials;
pub mod directory;
pub mod directory_sign_in;
pub mod external_identity;
pub mod external_link;
pub mod first_login;
pub mod mappings;
pub mod names;
pub mod parent_sign_in;
pub mod providers;
pub mod provision;
pub mod rights_elsewhere;
pub mod roles;
pub mod shadow;
pub mod sign_in;
pub mod sign_in_basis;
pub mod trust;
pub mod users;

pub use provision::{Provisioned, provision_admin};
pub use shadow::HomeIdentity;

/// `idp` claim of a user whose password was checked in the token's own tenant.
pub const IDP_LOCAL: &str = "local";
