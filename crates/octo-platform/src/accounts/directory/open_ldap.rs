//! Signing in to a directory whose people are entries directly below one base.

use super::connection::Connection;
use super::message::{Filter, SUCCESS, Scope, Search};
use super::names::{below, is_name};
use super::person::{ATTRIBUTES, Person};
use super::{DirectoryError, accepted};

const ENTRY_UUID: &str = "entryUUID";

/// The person of this name and password; `None` if there is none.
pub(super) async fn check(
    connection: &mut Connection,
    base: &str,
    attribute: &str,
    name: &str,
    password: &str,
) -> Result<Option<Person>, DirectoryError> {
    let Some(dn) = below(base, attribute, name) else {
        return Ok(None);
    };
    if !accepted(connection.bind(&dn, password).await?)? {
        return Ok(None);
    }
    let [given_name, surname, mail] = ATTRIBUTES;
    let search = Search {
        base: &dn,
        scope: Scope::Base,
        filter: Filter::Any,
        attributes: &[ENTRY_UUID, attribute, given_name, surname, mail],
        limit: 1,
    };
    let (found, code) = connection.search(&search).await?;
    let [entry] = found.as_slice() else {
        return Err(DirectoryError::OwnEntry(code));
    };
    if code != SUCCESS {
        return Err(DirectoryError::OwnEntry(code));
    }
    // Directories without such ids are told apart by the entry's name, as they spell it.
    let key = match entry.text(ENTRY_UUID).map(str::trim) {
        Some(id) if is_name(id) => id.to_lowercase(),
        _ => entry.dn.clone(),
    };
    let spelled = entry.text(attribute).map(str::trim);
    let spelled = spelled.filter(|spelled| is_name(spelled)).unwrap_or(name);
    Ok(Some(Person::of(entry, key, spelled)))
}
