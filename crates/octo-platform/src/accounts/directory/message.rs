//! The requests a sign-in needs, and what directories answer (RFC 4511).
//!
//! Values travel as counted octets, in filters too: whatever a person types stays one value and
//! cannot become a part of the request.

use super::ber::{
    BOOLEAN, ENUMERATED, INTEGER, Malformed, OCTETS, Reader, SEQUENCE, SET, constructed, element,
    number,
};

const VERSION: u32 = 3;
const BIND_REQUEST: u8 = 0x60;
const BIND_RESPONSE: u8 = 0x61;
const UNBIND_REQUEST: u8 = 0x42;
const SEARCH_REQUEST: u8 = 0x63;
const SEARCH_ENTRY: u8 = 0x64;
const SEARCH_DONE: u8 = 0x65;
const SEARCH_REFERENCE: u8 = 0x73;
const SIMPLE_PASSWORD: u8 = 0x80;
const FILTER_OR: u8 = 0xa1;
const FILTER_EQUAL: u8 = 0xa3;
const FILTER_PRESENT: u8 = 0x87;

/// `success`.
pub(super) const SUCCESS: u32 = 0;
/// `invalidCredentials`: wrong name or wrong password.
pub(super) const INVALID_CREDENTIALS: u32 = 49;

/// A simple bind: name and password.
pub(super) fn bind(id: u32, name: &str, password: &str) -> Vec<u8> {
    let parts = [
        number(INTEGER, VERSION),
        element(OCTETS, name.as_bytes()),
        element(SIMPLE_PASSWORD, password.as_bytes()),
    ];
    message(id, constructed(BIND_REQUEST, &parts))
}

/// The farewell; there is no answer.
pub(super) fn unbind(id: u32) -> Vec<u8> {
    message(id, element(UNBIND_REQUEST, &[]))
}

/// Where a search looks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scope {
    /// The base alone.
    Base = 0,
    /// The base and all below.
    Subtree = 2,
}

/// What a search looks for.
#[derive(Debug)]
pub(super) enum Filter<'a> {
    /// Any entry.
    Any,
    /// Entries in which one of these attributes has the value next to it.
    OneOf(&'a [(&'a str, &'a str)]),
}

impl Filter<'_> {
    fn encode(&self) -> Vec<u8> {
        match self {
            Self::Any => element(FILTER_PRESENT, b"objectClass"),
            Self::OneOf(pairs) => {
                let equal = |(attribute, value): &(&str, &str)| {
                    let parts = [
                        element(OCTETS, attribute.as_bytes()),
                        element(OCTETS, value.as_bytes()),
                    ];
                    constructed(FILTER_EQUAL, &parts)
                };
                let parts: Vec<_> = pairs.iter().map(equal).collect();
                constructed(FILTER_OR, &parts)
            }
        }
    }
}

/// A search for at most `limit` entries.
pub(super) struct Search<'a> {
    pub(super) base: &'a str,
    pub(super) scope: Scope,
    pub(super) filter: Filter<'a>,
    pub(super) attributes: &'a [&'a str],
    pub(super) limit: u32,
}

impl Search<'_> {
    /// The request; aliases are not followed.
    pub(super) fn request(&self, id: u32) -> Vec<u8> {
        let attributes = self.attributes.iter();
        let attributes: Vec<_> = attributes
            .map(|name| element(OCTETS, name.as_bytes()))
            .collect();
        let parts = [
            element(OCTETS, self.base.as_bytes()),
            number(ENUMERATED, self.scope as u32),
            number(ENUMERATED, 0),
            number(INTEGER, self.limit),
            number(INTEGER, 0),
            element(BOOLEAN, &[0]),
            self.filter.encode(),
            constructed(SEQUENCE, &attributes),
        ];
        message(id, constructed(SEARCH_REQUEST, &parts))
    }
}

fn message(id: u32, operation: Vec<u8>) -> Vec<u8> {
    constructed(SEQUENCE, &[number(INTEGER, id), operation])
}

/// An entry of the directory, as far as it was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its distinguished name.
    pub(super) dn: String,
    attributes: Vec<(String, Vec<Vec<u8>>)>,
}

impl Entry {
    /// The first value of an attribute.
    pub(super) fn first(&self, attribute: &str) -> Option<&[u8]> {
        let mut attributes = self.attributes.iter();
        let (_, values) = attributes.find(|(name, _)| name.eq_ignore_ascii_case(attribute))?;
        values.first().map(Vec::as_slice)
    }

    /// The first value of an attribute, as text.
    pub(super) fn text(&self, attribute: &str) -> Option<&str> {
        std::str::from_utf8(self.first(attribute)?).ok()
    }
}

/// What a directory answers.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// A bind is done, with this result code.
    Bound(u32),
    /// A search found this.
    Found(Entry),
    /// A search ended, with this result code.
    SearchDone(u32),
    /// Others may know more; nobody asks them.
    Reference,
}

/// Id and content of one message.
pub(super) fn read(octets: &[u8]) -> Result<(u32, Answer), Malformed> {
    let mut message = Reader::new(octets).inside(SEQUENCE)?;
    let id = message.number(INTEGER)?;
    let (tag, content) = message.next()?;
    let mut operation = Reader::new(content);
    let answer = match tag {
        BIND_RESPONSE => Answer::Bound(operation.number(ENUMERATED)?),
        SEARCH_DONE => Answer::SearchDone(operation.number(ENUMERATED)?),
        SEARCH_ENTRY => Answer::Found(entry(operation)?),
        SEARCH_REFERENCE => Answer::Reference,
        _ => return Err(Malformed),
    };
    Ok((id, answer))
}

fn entry(mut operation: Reader<'_>) -> Result<Entry, Malformed> {
    let mut entry = Entry {
        dn: operation.text()?.to_owned(),
        attributes: Vec::new(),
    };
    let mut list = operation.inside(SEQUENCE)?;
    while !list.is_empty() {
        let mut attribute = list.inside(SEQUENCE)?;
        let name = attribute.text()?.to_owned();
        let mut set = attribute.inside(SET)?;
        let mut values = Vec::new();
        while !set.is_empty() {
            values.push(set.expect(OCTETS)?.to_vec());
        }
        entry.attributes.push((name, values));
    }
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bind_is_encoded_as_the_standard_says() {
        let expected = [
            0x30, 0x12, 0x02, 0x01, 0x01, 0x60, 0x0d, 0x02, 0x01, 0x03, 0x04, 0x04, b'c', b'n',
            b'=', b'a', 0x80, 0x02, b'p', b'w',
        ];
        assert_eq!(bind(1, "cn=a", "pw"), expected);
        assert_eq!(unbind(2), [0x30, 0x05, 0x02, 0x01, 0x02, 0x42, 0x00]);
    }

    #[test]
    fn values_in_filters_stay_values() {
        let hostile = "*)(uid=*";
        let filter = Filter::OneOf(&[("uid", hostile)]).encode();
        let mut or = Reader::new(&filter).inside(FILTER_OR).unwrap();
        let mut equal = or.inside(FILTER_EQUAL).unwrap();
        assert!(or.is_empty());
        assert_eq!(equal.text(), Ok("uid"));
        assert_eq!(equal.text(), Ok(hostile));
        assert!(equal.is_empty());
    }

    fn attribute(name: &str, values: &[&[u8]]) -> Vec<u8> {
        let values: Vec<_> = values.iter().map(|value| element(OCTETS, value)).collect();
        let parts = [element(OCTETS, name.as_bytes()), constructed(SET, &values)];
        constructed(SEQUENCE, &parts)
    }

    #[test]
    fn entries_and_results_are_read() {
        let attributes = [
            attribute("Mail", &[b"a@x.org", b"b@x.org"]),
            attribute("photo", &[&[0xff]]),
            attribute("empty", &[]),
        ];
        let parts = [
            element(OCTETS, b"uid=a,dc=x"),
            constructed(SEQUENCE, &attributes),
        ];
        let octets = message(7, constructed(SEARCH_ENTRY, &parts));
        let (id, Answer::Found(entry)) = read(&octets).unwrap() else {
            panic!("not an entry");
        };
        assert_eq!((id, entry.dn.as_str()), (7, "uid=a,dc=x"));
        assert_eq!(entry.text("mail"), Some("a@x.org"));
        assert_eq!(entry.first("photo"), Some([0xff].as_slice()));
        assert_eq!(entry.text("photo"), None);
        assert_eq!((entry.first("empty"), entry.first("x")), (None, None));

        let result = [
            number(ENUMERATED, INVALID_CREDENTIALS),
            element(OCTETS, b""),
            element(OCTETS, b"no"),
        ];
        let bound = message(1, constructed(BIND_RESPONSE, &result));
        assert_eq!(read(&bound), Ok((1, Answer::Bound(INVALID_CREDENTIALS))));
        for cut in 0..octets.len() {
            assert_eq!(read(&octets[..cut]), Err(Malformed));
        }
    }

    #[test]
    fn other_operations_are_refused() {
        let disconnection = message(0, element(0x78, &[]));
        assert_eq!(read(&disconnection), Err(Malformed));
        assert_eq!(read(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Err(Malformed));
    }
}
