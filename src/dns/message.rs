//! The two messages of a look-up in DNS's wire format (RFC 1035 §4): a query, and the addresses in its answer.
//!
//! By hand, because the parsers of whole DNS weigh more than this in a Worker's module: `simple-dns` 19 kB gzipped.

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
/// A query that asks the resolver to follow the name to its end.
const RECURSION_DESIRED: u16 = 0x0100;
const IS_ANSWER: u16 = 0x8000;
const STATUS: u16 = 0x000f;
const NO_SUCH_NAME: u16 = 3;
/// Bytes of a label, and of a name on the wire.
const LONGEST_LABEL: usize = 63;
const LONGEST_NAME: usize = 255;

/// The records of one type.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// Empty when the name has none of this type.
    pub addresses: Vec<IpAddr>,
    /// Seconds: the shortest of all records on the way to them.
    pub ttl: u32,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    NoSuchName,
    /// A response code of RFC 1035 §4.1.1.
    Status(u16),
    /// Not an answer in DNS's format.
    Malformed,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::NoSuchName => f.write_str("the name does not exist"),
            Fault::Status(code) => write!(f, "DNS status {code}"),
            Fault::Malformed => f.write_str("the answer is not DNS"),
        }
    }
}

/// Returns a query for a host name; `None` when it is none. Its id is 0, for caches (RFC 8484 §4.1).
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

/// Reads the addresses of an answer. Fails when it tells of a failure, or is malformed.
pub fn answer(bytes: &[u8], kind: Kind) -> Result<Answer, Fault> {
    let mut reader = Reader(bytes);
    let header: Vec<u16> = (0..6).map_while(|_| reader.u16()).collect();
    let [_, flags, questions, answers, ..] = header[..] else { return Err(Fault::Malformed) };
    match flags & STATUS {
        _ if flags & IS_ANSWER == 0 => return Err(Fault::Malformed),
        0 => {}
        NO_SUCH_NAME => return Err(Fault::NoSuchName),
        status => return Err(Fault::Status(status)),
    }
    records(reader, questions, answers, kind).ok_or(Fault::Malformed)
}

/// `None` when the bytes end before the records do.
fn records(mut reader: Reader, questions: u16, answers: u16, kind: Kind) -> Option<Answer> {
    for _ in 0..questions {
        reader.skip_name()?;
        reader.take(4)?;
    }
    let mut found = Answer { addresses: Vec::new(), ttl: u32::MAX };
    for _ in 0..answers {
        reader.skip_name()?;
        let (record, class, ttl) = (reader.u16()?, reader.u16()?, reader.u32()?);
        let length = reader.u16()?;
        let data = reader.take(length.into())?;
        // An alias on the way to the addresses limits how long they may be used, as they do themselves.
        found.ttl = found.ttl.min(ttl);
        if record == kind as u16 && class == CLASS_INTERNET {
            found.addresses.push(address(data, kind)?);
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

/// The bytes that are left.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from(self.u16()?) << 16 | u32::from(self.u16()?))
    }

    /// A name ends with an empty label, or with a pointer to the rest of it (RFC 1035 §4.1.4).
    fn skip_name(&mut self) -> Option<()> {
        loop {
            match self.take(1)?[0] {
                0 => return Some(()),
                0xc0.. => return self.take(1).map(|_| ()),
                length if usize::from(length) <= LONGEST_LABEL => drop(self.take(length.into())?),
                _ => return None,
            }
        }
    }
}
