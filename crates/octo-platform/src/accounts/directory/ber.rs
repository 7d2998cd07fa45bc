//! The encoding of directory messages: the subset of BER that LDAP allows (RFC 4511 5.1), with
//! one-octet tags and definite lengths.
//!
//! The other side is a server somebody else runs. Reading never recurses, never allocates what a
//! length merely announces, and takes nothing from outside the slice it was given.

/// BOOLEAN.
pub(super) const BOOLEAN: u8 = 0x01;
/// INTEGER.
pub(super) const INTEGER: u8 = 0x02;
/// OCTET STRING.
pub(super) const OCTETS: u8 = 0x04;
/// ENUMERATED.
pub(super) const ENUMERATED: u8 = 0x0a;
/// SEQUENCE and SEQUENCE OF.
pub(super) const SEQUENCE: u8 = 0x30;
/// SET OF.
pub(super) const SET: u8 = 0x31;

/// Longest length field that is read: four octets after the first.
const MAX_LENGTH_OCTETS: usize = 4;
/// Bits of a length octet that count.
const LENGTH_BITS: u8 = 0x7f;

/// Octets that are not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// One element: tag, length, content.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match u8::try_from(content.len()) {
        Ok(length @ ..=LENGTH_BITS) => out.push(length),
        _ => {
            let length = content.len().to_be_bytes();
            let skipped = length.iter().take_while(|octet| **octet == 0).count();
            let octets = length.get(skipped..).unwrap_or_default();
            // A length of a vector has at most eight octets.
            out.push(!LENGTH_BITS | octets.len() as u8);
            out.extend_from_slice(octets);
        }
    }
    out.extend_from_slice(content);
    out
}

/// An element made of others.
pub(super) fn constructed(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    element(tag, &parts.concat())
}

/// A number that is not negative.
pub(super) fn number(tag: u8, value: u32) -> Vec<u8> {
    let octets = value.to_be_bytes();
    let skipped = octets.iter().take(3).take_while(|octet| **octet == 0);
    let mut content: Vec<u8> = octets.iter().skip(skipped.count()).copied().collect();
    // A leading one bit would make it negative.
    if content.first().is_some_and(|first| first & 0x80 != 0) {
        content.insert(0, 0);
    }
    element(tag, &content)
}

/// Length of the first element, header included; `None` when more octets are needed to tell.
pub(super) fn length_of(octets: &[u8]) -> Result<Option<usize>, Malformed> {
    let (Some(_), Some(&first)) = (octets.first(), octets.get(1)) else {
        return Ok(None);
    };
    if first <= LENGTH_BITS {
        return Ok(Some(2 + usize::from(first)));
    }
    let count = usize::from(first & LENGTH_BITS);
    if count == 0 || count > MAX_LENGTH_OCTETS {
        return Err(Malformed);
    }
    let Some(length) = octets.get(2..2 + count) else {
        return Ok(None);
    };
    let length = length
        .iter()
        .fold(0_usize, |sum, octet| sum << 8 | usize::from(*octet));
    length.checked_add(2 + count).map(Some).ok_or(Malformed)
}

/// Reads elements one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tag and content of the next element.
    pub(super) fn next(&mut self) -> Result<(u8, &'a [u8]), Malformed> {
        let length = length_of(self.0)?.ok_or(Malformed)?;
        let whole = self.0.get(..length).ok_or(Malformed)?;
        let (tag, long) = (whole[0], whole[1] > LENGTH_BITS);
        let header = 2 + usize::from(whole[1] & LENGTH_BITS) * usize::from(long);
        self.0 = self.0.get(length..).unwrap_or_default();
        Ok((tag, whole.get(header..).ok_or(Malformed)?))
    }

    /// Content of the next element, which must have this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        match self.next()? {
            (found, content) if found == tag => Ok(content),
            _ => Err(Malformed),
        }
    }

    /// The elements inside the next one, which must have this tag.
    pub(super) fn inside(&mut self, tag: u8) -> Result<Self, Malformed> {
        self.expect(tag).map(Self)
    }

    /// A number that is not negative.
    pub(super) fn number(&mut self, tag: u8) -> Result<u32, Malformed> {
        let content = self.expect(tag)?;
        let is_negative = content.first().is_none_or(|first| first & 0x80 != 0);
        if is_negative || content.len() > 5 {
            return Err(Malformed);
        }
        let value = content
            .iter()
            .fold(0_u64, |sum, octet| sum << 8 | u64::from(*octet));
        u32::try_from(value).map_err(|_| Malformed)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.expect(OCTETS)?).map_err(|_| Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let content = vec![7; length];
            let written = element(OCTETS, &content);
            assert_eq!(length_of(&written), Ok(Some(written.len())));
            let mut reader = Reader::new(&written);
            assert_eq!(reader.expect(OCTETS), Ok(content.as_slice()));
            assert!(reader.is_empty());
        }
        for value in [0, 1, 127, 128, 255, 256, 32_768, u32::MAX] {
            let written = number(INTEGER, value);
            assert_eq!(Reader::new(&written).number(INTEGER), Ok(value));
        }
        assert_eq!(number(INTEGER, 128), [INTEGER, 2, 0, 128]);
    }

    #[test]
    fn lengths_in_more_octets_than_needed_are_read() {
        let padded = [SEQUENCE, 0x84, 0, 0, 0, 3, INTEGER, 1, 5];
        let mut reader = Reader::new(&padded);
        let mut inside = reader.inside(SEQUENCE).unwrap();
        assert_eq!(inside.number(INTEGER), Ok(5));
    }

    #[test]
    fn what_is_cut_off_or_malformed_is_refused() {
        let whole = element(SEQUENCE, &number(INTEGER, 300));
        for cut in 0..whole.len() {
            assert_eq!(Reader::new(&whole[..cut]).next(), Err(Malformed), "{cut}");
        }
        for octets in [
            &[SEQUENCE, 0x80][..],
            &[SEQUENCE, 0x85, 0, 0, 0, 0, 1, 9],
            &[SEQUENCE, 0xff, 1],
            &[SEQUENCE, 0x84, 0xff, 0xff, 0xff, 0xff, 1],
        ] {
            assert_eq!(Reader::new(octets).next(), Err(Malformed), "{octets:?}");
        }
        for octets in [
            &[INTEGER, 0][..],
            &[INTEGER, 1, 0x80],
            &[INTEGER, 5, 1, 0, 0, 0, 0],
            &[INTEGER, 6, 0, 0, 0, 0, 0, 1],
            &[OCTETS, 1, 5],
        ] {
            assert_eq!(Reader::new(octets).number(INTEGER), Err(Malformed));
        }
    }
}
