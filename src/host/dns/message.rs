//! The two messages of a look-up in DNS's wire format (RFC 1035 §4): a query, and the answer with the addresses.
//!
//! Written here because complete DNS parsers are larger than this in a Worker's module: `simple-dns` adds 19 kB
//! gzipped.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// The type of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    A = 1,
    Aaaa = 28,
}

const CLASS_INTERNET: u16 = 1;
/// The type CNAME.
const ALIAS: u16 = 5;
/// The flag that asks the resolver to follow aliases to the end.
const RECURSION_DESIRED: u16 = 0x0100;
const IS_ANSWER: u16 = 0x8000;
const IS_TRUNCATED: u16 = 0x0200;
const STATUS: u16 = 0x000f;
const NO_SUCH_NAME: u16 = 3;
/// The longest label, and the longest name on the wire, in bytes.
const LONGEST_LABEL: usize = 63;
const LONGEST_NAME: usize = 255;
/// The most pointers in one name: a name has at most this many labels, each followed by at most one pointer.
const MOST_POINTERS: usize = 127;

/// The records of one type.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// Empty if the name has none of this type.
    pub addresses: Vec<IpAddr>,
    /// The shortest lifetime in seconds among the addresses and the aliases before them.
    pub ttl: u32,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    NoSuchName,
    /// A response code of RFC 1035 §4.1.1.
    Status(u16),
    /// The bytes are not an answer in DNS's format.
    Malformed,
    /// The answer does not repeat the question.
    OtherQuestion,
    /// Records are missing.
    Truncated,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::NoSuchName => f.write_str("the name does not exist"),
            Fault::Status(code) => write!(f, "DNS status {code}"),
            Fault::Malformed => f.write_str("the answer is not DNS"),
            Fault::OtherQuestion => f.write_str("the answer is to another question"),
            Fault::Truncated => f.write_str("the answer is truncated"),
        }
    }
}

/// Returns a query for a host name, or `None` if the name is not a host name. Its id is 0, so that caches can share
/// the answer (RFC 8484 §4.1).
pub fn query(name: &str, kind: Kind) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(name.len() + 18);
    for number in [0, RECURSION_DESIRED, 1, 0, 0, 0] {
        bytes.extend(number.to_be_bytes());
    }
    let start = bytes.len();
    for label in name.strip_suffix('.').unwrap_or(name).split('.') {
        let is_label = label.bytes().all(|byte| byte == b'-' || byte == b'_' || byte.is_ascii_alphanumeric());
        if label.is_empty() || label.len() > LONGEST_LABEL || !is_label {
            return None;
        }
        bytes.push(label.len() as u8);
        bytes.extend_from_slice(label.as_bytes());
    }
    bytes.push(0);
    if bytes.len() - start > LONGEST_NAME {
        return None;
    }
    bytes.extend((kind as u16).to_be_bytes());
    bytes.extend(CLASS_INTERNET.to_be_bytes());
    Some(bytes)
}

/// Returns the addresses of the name in the question, after following its aliases. Fails if the answer reports a
/// failure, is malformed or truncated, or does not repeat the question of [`query`] for this name and type.
pub fn answer(bytes: &[u8], name: &str, kind: Kind) -> Result<Answer, Fault> {
    let mut reader = Reader { whole: bytes, at: 0 };
    let header: Vec<u16> = (0..6).map_while(|_| reader.u16()).collect();
    let [_, flags, questions, answers, ..] = header[..] else { return Err(Fault::Malformed) };
    if flags & IS_ANSWER == 0 || questions != 1 {
        return Err(Fault::Malformed);
    }
    let (asked, record, class) = reader.question().ok_or(Fault::Malformed)?;
    let wanted = format!("{}.", name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()).into_bytes();
    if asked != wanted || record != kind as u16 || class != CLASS_INTERNET {
        return Err(Fault::OtherQuestion);
    }
    match flags & STATUS {
        0 if flags & IS_TRUNCATED != 0 => Err(Fault::Truncated),
        0 => records(reader, answers, wanted, kind).ok_or(Fault::Malformed),
        NO_SUCH_NAME => Err(Fault::NoSuchName),
        status => Err(Fault::Status(status)),
    }
}

/// Returns `None` if the bytes end before the records do.
fn records(mut reader: Reader, answers: u16, mut wanted: Vec<u8>, kind: Kind) -> Option<Answer> {
    let mut found = Answer { addresses: Vec::new(), ttl: u32::MAX };
    for _ in 0..answers {
        let owner = reader.name()?;
        let (record, class, ttl) = (reader.u16()?, reader.u16()?, reader.u32()?);
        let length = reader.u16()?;
        let mut data = Reader { whole: reader.whole, at: reader.at };
        let bytes = reader.take(length.into())?;
        if owner != wanted || class != CLASS_INTERNET {
            continue;
        }
        // An alias limits how long the addresses may be used, as their own lifetime does.
        if record == ALIAS {
            wanted = data.name()?;
            found.ttl = found.ttl.min(ttl);
        } else if record == kind as u16 {
            found.addresses.push(address(bytes, kind)?);
            found.ttl = found.ttl.min(ttl);
        }
    }
    Some(found)
}

fn address(data: &[u8], kind: Kind) -> Option<IpAddr> {
    match kind {
        Kind::A => <[u8; 4]>::try_from(data).ok().map(|bytes| Ipv4Addr::from(bytes).into()),
        Kind::Aaaa => <[u8; 16]>::try_from(data).ok().map(|bytes| Ipv6Addr::from(bytes).into()),
    }
}

/// A position in a message.
struct Reader<'a> {
    whole: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let taken = self.whole.get(self.at..)?.get(..count)?;
        self.at += count;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from(self.u16()?) << 16 | u32::from(self.u16()?))
    }

    /// Returns the name, type and class of a question.
    fn question(&mut self) -> Option<(Vec<u8>, u16, u16)> {
        Some((self.name()?, self.u16()?, self.u16()?))
    }

    /// Returns a name's labels in lower case, each followed by a dot. A name may end in a pointer to an earlier one
    /// (RFC 1035 §4.1.4).
    fn name(&mut self) -> Option<Vec<u8>> {
        let mut name = Vec::new();
        let mut place = Reader { whole: self.whole, at: self.at };
        let mut pointers = 0;
        loop {
            let start = place.at;
            let mut pointer = None;
            let length = place.take(1)?[0];
            match length {
                0 => {}
                0xc0.. => pointer = Some(usize::from(length & 0x3f) << 8 | usize::from(place.take(1)?[0])),
                _ if usize::from(length) <= LONGEST_LABEL => {
                    name.extend(place.take(length.into())?.to_ascii_lowercase());
                    name.push(b'.');
                }
                _ => return None,
            }
            // The caller continues reading after the first pointer.
            if pointers == 0 {
                self.at = place.at;
            }
            if name.len() > LONGEST_NAME {
                return None;
            }
            if let Some(target) = pointer {
                pointers += 1;
                // Pointers may only point backwards.
                if target >= start || pointers > MOST_POINTERS {
                    return None;
                }
                place = Reader { whole: &self.whole[..start], at: target };
            } else if length == 0 {
                return Some(name);
            }
        }
    }
}
