//! Ids of the types, roles and records of `System.Identity` that the platform works with.

/// A user.
pub const USER: &str = "System.Identity/User";
/// A role.
pub const ROLE: &str = "System.Identity/Role";
/// A group of users, clients and mapped foreign users.
pub const GROUP: &str = "System.Identity/Group";
/// A rule that puts new users into a group.
pub const EMAIL_RULE: &str = "System.Identity/EmailDomainGroupRule";
/// An OAuth client.
pub const CLIENT: &str = "System.Identity/Client";
/// A client copied into a child tenant.
pub const CLIENT_MIRROR: &str = "System.Identity/ClientMirror";
/// A scope of identity claims.
pub const IDENTITY_RESOURCE: &str = "System.Identity/IdentityResource";
/// A scope of an API.
pub const API_SCOPE: &str = "System.Identity/ApiScope";
/// An API: the audience of tokens.
pub const API_RESOURCE: &str = "System.Identity/ApiResource";
/// A stored refresh grant.
pub const PERSISTED_GRANT: &str = "System.Identity/PersistedGrant";
/// Any way to sign in with accounts kept elsewhere.
pub const IDENTITY_PROVIDER: &str = "System.Identity/IdentityProvider";
/// Google accounts.
pub const GOOGLE_PROVIDER: &str = "System.Identity/GoogleIdentityProvider";
/// Personal Microsoft accounts.
pub const MICROSOFT_PROVIDER: &str = "System.Identity/MicrosoftIdentityProvider";
/// Accounts of a Microsoft Entra ID directory.
pub const ENTRA_PROVIDER: &str = "System.Identity/AzureEntraIdIdentityProvider";
/// Accounts of a Microsoft Active Directory.
pub const AD_PROVIDER: &str = "System.Identity/MicrosoftAdIdentityProvider";
/// Accounts of an OpenLDAP directory.
pub const LDAP_PROVIDER: &str = "System.Identity/OpenLdapIdentityProvider";
/// Facebook accounts.
pub const FACEBOOK_PROVIDER: &str = "System.Identity/FacebookIdentityProvider";
/// Trust in the users of a parent tenant.
pub const OCTO_TENANT_PROVIDER: &str = "System.Identity/OctoTenantIdentityProvider";
/// Roles of a user of another tenant.
pub const EXTERNAL_MAPPING: &str = "System.Identity/ExternalTenantUserMapping";

/// User, client or group → role.
pub const ASSIGNED_ROLE: &str = "System.Identity/AssignedRole";
/// Group → user, client or mapping.
pub const GROUP_MEMBER: &str = "System.Identity/GroupMember";
/// Parent group → child group.
pub const CHILD_GROUP: &str = "System.Identity/ChildGroup";

/// Name of the model all of these belong to; records are named within it.
pub const MODEL: &str = "System.Identity";
