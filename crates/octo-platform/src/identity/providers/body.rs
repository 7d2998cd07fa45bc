//! Identity providers as they come in.

use octo_runtime::{Entity, RtId, TenantId, Value};
use octo_sdk::Secret;
use serde::Deserialize;
use url::{Host, Url};

use crate::accounts::directory::is_attribute;
use crate::accounts::names::{
    AD_PROVIDER, ENTRA_PROVIDER, FACEBOOK_PROVIDER, GOOGLE_PROVIDER, LDAP_PROVIDER,
    MICROSOFT_PROVIDER, OCTO_TENANT_PROVIDER,
};
use crate::accounts::providers::secret_context;
use crate::problem::Problem;
use crate::secret::Vault;

/// Names in characters.
const NAME: std::ops::RangeInclusive<usize> = 3..=100;
/// Longest description in characters.
const MAX_DESCRIPTION: usize = 5_000;
/// Longest setting of any other kind in characters.
const MAX_SETTING: usize = 2_000;
/// Port of directories over TLS.
const LDAPS_PORT: i64 = 636;
/// What Entra ID calls its sign-ins for accounts of any directory.
const ANY_DIRECTORY: [&str; 3] = ["common", "organizations", "consumers"];

/// What is wrong with a body: fields and texts.
pub(super) type Problems = Vec<(&'static str, String)>;
/// Attributes to store; one without value is cleared.
type Changes = Vec<(&'static str, Option<Value>)>;

/// `IdentityProviderDto` as received: members of all types. The id is ignored.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::identity) struct ProviderBody {
    #[serde(rename = "$type")]
    number: Option<i64>,
    #[serde(rename = "isenabled")]
    is_enabled: Option<bool>,
    name: Option<String>,
    description: Option<String>,
    #[serde(rename = "allowselfregistration")]
    self_registration: Option<bool>,
    #[serde(rename = "defaultgrouprtid")]
    default_group: Option<String>,
    #[serde(rename = "clientid")]
    client_id: Option<String>,
    #[serde(rename = "clientsecret")]
    client_secret: Option<Secret>,
    #[serde(rename = "tenantid")]
    directory: Option<String>,
    authority: Option<String>,
    host: Option<String>,
    port: Option<i64>,
    #[serde(rename = "usetls")]
    use_tls: Option<bool>,
    #[serde(rename = "userbasedn")]
    user_base_dn: Option<String>,
    #[serde(rename = "usernameattribute")]
    user_name_attribute: Option<String>,
    #[serde(rename = "parenttenantid")]
    parent: Option<String>,
}

/// A body whose type is known, with what can be told from it alone.
pub(super) struct Draft {
    pub(super) ck_type: &'static str,
    pub(super) name: String,
    pub(super) default_group: Option<String>,
    /// The type works with a client secret.
    pub(super) needs_secret: bool,
    pub(super) secret: Option<Secret>,
    authority: Option<String>,
    directory: Option<String>,
    /// The tenant whose users are let in.
    pub(super) parent: Option<TenantId>,
    changes: Changes,
}

impl ProviderBody {
    /// The provider the body describes, with everything that is wrong with it.
    ///
    /// # Errors
    /// A problem when the type is missing or unknown: then no other field means anything.
    pub(super) fn read(self, own: &TenantId) -> Result<(Draft, Problems), Problem> {
        let ck_type = self.ck_type()?;
        let mut reader = Reader::default();
        let name = reader.name(self.name);
        let description = blank_as_none(self.description);
        reader.limit("Description", description.as_deref(), MAX_DESCRIPTION);
        let default_group = blank_as_none(self.default_group).map(|id| id.to_lowercase());
        reader.set("Name", name.clone());
        reader.set("IsEnabled", self.is_enabled.unwrap_or(false));
        reader.set_opt("Description", description);
        let self_registration = self.self_registration.unwrap_or(true);
        reader.set("AllowSelfRegistration", self_registration);
        reader.set_opt("DefaultGroupRtId", default_group.clone());
        let needs_secret = matches!(self.number, Some(0..=2 | 5));
        let (mut authority, mut directory) = (None, None);
        if needs_secret {
            reader.required("ClientId", self.client_id);
        }
        match ck_type {
            ENTRA_PROVIDER => {
                directory = Some(reader.directory(self.directory));
                authority = reader.authority(self.authority);
            }
            AD_PROVIDER => {
                reader.host(self.host);
                reader.port(self.port);
                reader.set("UseTls", self.use_tls.unwrap_or(false));
            }
            LDAP_PROVIDER => {
                reader.host(self.host);
                reader.port(self.port);
                reader.required("UserBaseDn", self.user_base_dn);
                let attribute = self.user_name_attribute.or_else(|| Some("uid".to_owned()));
                reader.attribute(attribute);
                reader.set("UseTls", self.use_tls.unwrap_or(true));
            }
            OCTO_TENANT_PROVIDER => reader.parent(self.parent, own),
            _ => {}
        }
        let secret = self.client_secret.filter(|_| needs_secret);
        let secret = secret.filter(|secret| !secret.expose().trim().is_empty());
        let shown = secret.as_ref().map(Secret::expose);
        reader.limit("ClientSecret", shown, MAX_SETTING);
        let draft = Draft {
            ck_type,
            name,
            default_group,
            needs_secret,
            secret,
            authority,
            directory,
            parent: reader.parent,
            changes: reader.changes,
        };
        Ok((draft, reader.problems))
    }

    fn ck_type(&self) -> Result<&'static str, Problem> {
        Ok(match self.number {
            Some(0) => GOOGLE_PROVIDER,
            Some(1) => MICROSOFT_PROVIDER,
            Some(2) => ENTRA_PROVIDER,
            Some(3) => AD_PROVIDER,
            Some(4) => LDAP_PROVIDER,
            Some(5) => FACEBOOK_PROVIDER,
            Some(6) => OCTO_TENANT_PROVIDER,
            Some(other) => {
                let text = format!("The value '{other}' is not valid: types are 0 to 6.");
                return Err(Problem::validation("$type", text));
            }
            None => return Err(Problem::required("$type")),
        })
    }
}

impl Draft {
    /// Whether a secret of `stored` would go to the same place.
    pub(super) fn sends_secret_as(&self, stored: &Entity) -> bool {
        let same = |name: &str, own: &Option<String>| stored.attributes.str(name) == own.as_deref();
        stored.ck_type_id.to_string() == self.ck_type
            && same("Authority", &self.authority)
            && same("TenantId", &self.directory)
    }

    /// The attributes of provider `id`, its secret encrypted.
    pub(super) fn changes(
        mut self,
        vault: &Vault,
        tenant: &TenantId,
        id: RtId,
    ) -> Result<Changes, Problem> {
        if let Some(secret) = &self.secret {
            let (authority, directory) = (self.authority.as_deref(), self.directory.as_deref());
            let context = secret_context(tenant, id, self.ck_type, authority, directory);
            let sealed = vault
                .seal(&context, secret.expose())
                .map_err(|error| Problem::internal(super::FAILED, &error))?;
            self.changes.push(("ClientSecret", Some(sealed.into())));
        }
        Ok(self.changes)
    }
}

/// Collects attributes and what is wrong with them.
#[derive(Default)]
struct Reader {
    changes: Changes,
    parent: Option<TenantId>,
    problems: Problems,
}

impl Reader {
    fn set(&mut self, field: &'static str, value: impl Into<Value>) {
        self.changes.push((field, Some(value.into())));
    }

    fn set_opt(&mut self, field: &'static str, value: Option<String>) {
        self.changes.push((field, value.map(Into::into)));
    }

    fn problem(&mut self, field: &'static str, text: impl Into<String>) {
        self.problems.push((field, text.into()));
    }

    fn name(&mut self, name: Option<String>) -> String {
        let name = name.unwrap_or_default();
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if name.trim().is_empty() {
            self.problem("Name", "The Name field is required.");
            return name;
        }
        if !NAME.contains(&name.chars().count()) {
            let text = format!(
                "The Name must have {} to {} characters.",
                NAME.start(),
                NAME.end()
            );
            self.problem("Name", text);
        }
        if !name.chars().all(allowed) {
            let text = "The Name may contain letters, digits, '.', '_' and '-' only.";
            self.problem("Name", text);
        }
        name
    }

    fn limit(&mut self, field: &'static str, text: Option<&str>, limit: usize) {
        if text.is_some_and(|text| text.chars().count() > limit) {
            self.problem(field, format!("At most {limit} characters are allowed."));
        }
    }

    fn required(&mut self, field: &'static str, value: Option<String>) -> String {
        let value = blank_as_none(value).unwrap_or_default();
        if value.is_empty() {
            self.problem(field, format!("The {field} field is required."));
        }
        self.limit(field, Some(&value), MAX_SETTING);
        self.set(field, value.clone());
        value
    }

    /// Accounts of one directory are let in; names for all of them would let in everybody.
    fn directory(&mut self, directory: Option<String>) -> String {
        let directory = self.required("TenantId", directory);
        if ANY_DIRECTORY.contains(&directory.to_lowercase().as_str()) {
            let text = format!(
                "'{directory}' stands for many directories. Give the id or a domain of one."
            );
            self.problem("TenantId", text);
        }
        directory
    }

    fn port(&mut self, port: Option<i64>) {
        match u16::try_from(port.unwrap_or(LDAPS_PORT)) {
            Ok(port @ 1..) => self.set("Port", i32::from(port)),
            _ => self.problem("Port", "The field Port must be between 1 and 65535."),
        }
    }

    fn host(&mut self, host: Option<String>) {
        let host = self.required("Host", host);
        if !host.is_empty() && Host::parse(&host).is_err() {
            let text = "The Host must be a name or an address, without scheme and port.";
            self.problem("Host", text);
        }
    }

    fn attribute(&mut self, attribute: Option<String>) {
        let attribute = self.required("UserNameAttribute", attribute);
        if !attribute.is_empty() && !is_attribute(&attribute) {
            let text = "The UserNameAttribute must be the name of one attribute, such as uid.";
            self.problem("UserNameAttribute", text);
        }
    }

    /// The secret goes there, so it must be encrypted on the way, if there is a way.
    fn authority(&mut self, authority: Option<String>) -> Option<String> {
        let authority = blank_as_none(authority);
        self.limit("Authority", authority.as_deref(), MAX_SETTING);
        if authority.as_deref().is_some_and(|text| !is_safe_url(text)) {
            self.problem(
                "Authority",
                "The Authority must be an absolute https address.",
            );
        }
        self.set_opt("Authority", authority.clone());
        authority
    }

    fn parent(&mut self, parent: Option<String>, own: &TenantId) {
        let parent = self.required("ParentTenantId", parent);
        if parent.is_empty() {
            return;
        }
        match parent.parse::<TenantId>() {
            Ok(id) if id == *own => {
                self.problem("ParentTenantId", "A tenant cannot be its own parent.");
            }
            Ok(id) => {
                self.set("ParentTenantId", id.to_string());
                self.parent = Some(id);
            }
            Err(error) => self.problem("ParentTenantId", error.to_string()),
        }
    }
}

fn is_safe_url(text: &str) -> bool {
    let Ok(url) = text.parse::<Url>() else {
        return false;
    };
    let is_local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => return false,
    };
    let is_plain = url.username().is_empty() && url.password().is_none();
    is_plain && (url.scheme() == "https" || (url.scheme() == "http" && is_local))
}

fn blank_as_none(text: Option<String>) -> Option<String> {
    let text = text.map(|text| text.trim().to_owned());
    text.filter(|text| !text.is_empty())
}
