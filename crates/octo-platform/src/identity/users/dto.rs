//! Users on the wire and in the store.

use octo_runtime::{Entity, Record};
use octo_sdk::identity::{ExternalLoginDto, UserDto};
use serde::Deserialize;

use crate::accounts::users::normalize;

/// `LoginProvider` of the link between a shadow user and its home; its key carries a seal that is
/// nobody's business.
const SEALED_PROVIDER: &str = "octo-tenant:";

/// `UserDto` and `RegisterUserDto` as received; ids and external logins are ignored.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::identity) struct UserBody {
    #[serde(rename = "firstname")]
    first_name: Option<String>,
    #[serde(rename = "lastname")]
    last_name: Option<String>,
    email: Option<String>,
    name: Option<String>,
    #[serde(rename = "resetpasswordonlogin")]
    reset_password_on_login: Option<bool>,
    password: Option<String>,
}

impl UserBody {
    /// The user name, without blanks around it.
    pub(super) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default().trim()
    }

    /// The first password; empty counts as none.
    pub(super) fn password(&self) -> Option<&str> {
        self.password
            .as_deref()
            .filter(|password| !password.is_empty())
    }

    /// Whether the next login asks for a new password; absent means no.
    pub(super) fn reset_password_on_login(&self) -> bool {
        self.reset_password_on_login.unwrap_or(false)
    }

    /// Whether the user has another e-mail address so far; the case of letters does not count.
    pub(super) fn changes_email(&self, user: &Entity) -> bool {
        let known = user.attributes.str("Email").map(normalize);
        filled(&self.email).as_deref().map(normalize) != known
    }

    /// The text attributes with their new values; blank ones are cleared.
    pub(super) fn attributes(&self) -> [(&'static str, Option<String>); 6] {
        let email = filled(&self.email);
        [
            ("UserName", filled(&self.name)),
            (
                "NormalizedUserName",
                filled(&self.name).map(|name| normalize(&name)),
            ),
            ("NormalizedEmail", email.as_deref().map(normalize)),
            ("Email", email),
            ("FirstName", filled(&self.first_name)),
            ("LastName", filled(&self.last_name)),
        ]
    }
}

fn filled(text: &Option<String>) -> Option<String> {
    text.as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// A stored user as DTO.
pub(super) fn of_entity(user: &Entity) -> UserDto {
    let attributes = &user.attributes;
    let text = |name: &str| attributes.str(name).map(str::to_owned);
    UserDto {
        first_name: text("FirstName"),
        last_name: text("LastName"),
        user_id: Some(user.rt_id.to_string()),
        email: text("Email"),
        name: text("UserName"),
        reset_password_on_login: attributes.bool("ResetPasswordOnLogin").unwrap_or(false),
        external_logins: Some(attributes.records("UserLogins").iter().map(login).collect()),
    }
}

fn login(record: &Record) -> ExternalLoginDto {
    let text = |name: &str| record.attributes.str(name).map(str::to_owned);
    let provider = text("LoginProvider");
    let mut key = text("ProviderKey");
    if provider
        .as_deref()
        .is_some_and(|provider| provider.starts_with(SEALED_PROVIDER))
    {
        key = key.map(|key| key.split('.').next().unwrap_or_default().to_owned());
    }
    ExternalLoginDto {
        provider_display_name: text("ProviderDisplayName").or_else(|| provider.clone()),
        login_provider: provider,
        provider_key: key,
    }
}
