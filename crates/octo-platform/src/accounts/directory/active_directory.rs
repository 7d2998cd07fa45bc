//! Signing in to an Active Directory.
//!
//! People type an account name (`ada`) or a principal name (`ada@corp.example`). The directory
//! accepts either form with a password, but does not say whose it was; so the account is looked up,
//! and the password is checked once more for exactly the entry that was found. Names with a
//! domain in front (`CORP\ada`) are not understood.

use super::connection::Connection;
use super::message::{Entry, Filter, SUCCESS, Scope, Search};
use super::names::is_name;
use super::person::{ATTRIBUTES, Person, hex};
use super::{DirectoryError, accepted};

const NAMING_CONTEXT: &str = "defaultNamingContext";
const PRINCIPAL_NAME: &str = "userPrincipalName";
const ACCOUNT_NAME: &str = "sAMAccountName";
const OBJECT_GUID: &str = "objectGUID";

/// The person of this name and password; `None` if there is none.
pub(super) async fn check(
    connection: &mut Connection,
    name: &str,
    password: &str,
) -> Result<Option<Person>, DirectoryError> {
    if !is_name(name) || name.contains('\\') {
        return Ok(None);
    }
    let context = naming_context(connection).await?;
    let domain = domain(&context).ok_or(DirectoryError::Protocol)?;
    let logon = Logon::of(name, &domain);
    if !accepted(connection.bind(&logon.principal, password).await?)? {
        return Ok(None);
    }
    let Some(entry) = find(connection, &context, &logon).await? else {
        return Ok(None);
    };
    if !accepted(connection.bind(&entry.dn, password).await?)? {
        return Ok(None);
    }
    let key = entry.first(OBJECT_GUID).map(hex);
    let key = key.filter(|key| !key.is_empty());
    let key = key.ok_or(DirectoryError::OwnEntry(SUCCESS))?;
    let account = entry.text(ACCOUNT_NAME).map(str::trim);
    let account = account.filter(|account| is_name(account)).unwrap_or(name);
    Ok(Some(Person::of(&entry, key, account)))
}

/// A name as typed, in both forms.
#[derive(Debug, PartialEq, Eq)]
struct Logon {
    principal: String,
    /// Only if the domain is the directory's own.
    account: Option<String>,
}

impl Logon {
    fn of(name: &str, domain: &str) -> Self {
        match name.rsplit_once('@') {
            Some((account, own)) if own.eq_ignore_ascii_case(domain) => Self {
                principal: name.to_owned(),
                account: Some(account.to_owned()),
            },
            Some(_) => Self {
                principal: name.to_owned(),
                account: None,
            },
            None => Self {
                principal: format!("{name}@{domain}"),
                account: Some(name.to_owned()),
            },
        }
    }
}

async fn naming_context(connection: &mut Connection) -> Result<String, DirectoryError> {
    let search = Search {
        base: "",
        scope: Scope::Base,
        filter: Filter::Any,
        attributes: &[NAMING_CONTEXT],
        limit: 1,
    };
    let (found, _) = connection.search(&search).await?;
    let context = found.first().and_then(|root| root.text(NAMING_CONTEXT));
    context.map(str::to_owned).ok_or(DirectoryError::Protocol)
}

/// `DC=corp,DC=example` as `corp.example`.
fn domain(context: &str) -> Option<String> {
    let label = |part: &str| {
        let (attribute, label) = part.trim().split_once('=')?;
        let is_label = attribute.trim().eq_ignore_ascii_case("dc") && !label.contains('\\');
        is_label.then(|| label.trim().to_lowercase())
    };
    let labels: Option<Vec<String>> = context.split(',').map(label).collect();
    labels.map(|labels| labels.join("."))
}

/// The account; a principal name counts before an account name, as it does for the directory.
async fn find(
    connection: &mut Connection,
    context: &str,
    logon: &Logon,
) -> Result<Option<Entry>, DirectoryError> {
    let [given_name, surname, mail] = ATTRIBUTES;
    let mut wanted = vec![(PRINCIPAL_NAME, logon.principal.as_str())];
    wanted.extend(logon.account.as_deref().map(|name| (ACCOUNT_NAME, name)));
    let search = Search {
        base: context,
        scope: Scope::Subtree,
        filter: Filter::OneOf(&wanted),
        attributes: &[
            OBJECT_GUID,
            PRINCIPAL_NAME,
            ACCOUNT_NAME,
            given_name,
            surname,
            mail,
        ],
        limit: 2,
    };
    let (mut found, code) = connection.search(&search).await?;
    if code != SUCCESS {
        return Err(DirectoryError::OwnEntry(code));
    }
    let is_principal = |entry: &Entry| {
        let name = entry.text(PRINCIPAL_NAME).unwrap_or_default();
        name.eq_ignore_ascii_case(&logon.principal)
    };
    found.sort_by_key(|entry| !is_principal(entry));
    Ok(found.into_iter().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_is_read_from_the_naming_context() {
        for (context, expected) in [
            ("DC=corp,DC=Example,DC=org", Some("corp.example.org")),
            ("dc=corp", Some("corp")),
            ("CN=x,DC=corp", None),
            ("DC=a\\,b", None),
            ("", None),
        ] {
            assert_eq!(domain(context).as_deref(), expected, "{context}");
        }
    }

    #[test]
    fn an_account_name_counts_in_the_own_domain_only() {
        let logon = |name| {
            let logon = Logon::of(name, "corp.example");
            (logon.principal, logon.account)
        };
        let account = |name: &str| Some(name.to_owned());
        assert_eq!(logon("ada"), ("ada@corp.example".into(), account("ada")));
        assert_eq!(
            logon("ada@Corp.Example"),
            ("ada@Corp.Example".into(), account("ada"))
        );
        assert_eq!(logon("ada@x.org"), ("ada@x.org".into(), None));
    }
}
