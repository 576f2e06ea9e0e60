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
/// The type CNAME.
const ALIAS: u16 = 5;
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

/// Reads the addresses of the name that was asked for, through its aliases. Fails when the answer tells of a failure, or is
/// malformed.
pub fn answer(bytes: &[u8], kind: Kind) -> Result<Answer, Fault> {
    let mut reader = Reader { whole: bytes, at: 0 };
    let header: Vec<u16> = (0..6).map_while(|_| reader.u16()).collect();
    let [_, flags, questions, answers, ..] = header[..] else { return Err(Fault::Malformed) };
    match flags & STATUS {
        _ if flags & IS_ANSWER == 0 || questions != 1 => return Err(Fault::Malformed),
        0 => {}
        NO_SUCH_NAME => return Err(Fault::NoSuchName),
        status => return Err(Fault::Status(status)),
    }
    records(reader, answers, kind).ok_or(Fault::Malformed)
}

/// `None` when the bytes end before the records do.
fn records(mut reader: Reader, answers: u16, kind: Kind) -> Option<Answer> {
    let mut wanted = reader.name()?;
    reader.take(4)?;
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
        // An alias on the way to the addresses limits how long they may be used, as they do themselves.
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

/// A place in a message.
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

    /// Returns a name's labels in lower case, each with a dot behind it. The end of a name may be a pointer to an earlier
    /// one (RFC 1035 §4.1.4).
    fn name(&mut self) -> Option<Vec<u8>> {
        let mut name = Vec::new();
        loop {
            let start = self.at;
            match self.take(1)?[0] {
                0 => return Some(name),
                high @ 0xc0.. => {
                    let target = usize::from(high & 0x3f) << 8 | usize::from(self.take(1)?[0]);
                    // Only backwards, which ends.
                    if target >= start {
                        return None;
                    }
                    name.extend(Reader { whole: &self.whole[..start], at: target }.name()?);
                    break;
                }
                length if usize::from(length) <= LONGEST_LABEL => {
                    name.extend(self.take(length.into())?.to_ascii_lowercase());
                    name.push(b'.');
                }
                _ => return None,
            }
            if name.len() > LONGEST_NAME {
                return None;
            }
        }
        (name.len() <= LONGEST_NAME).then_some(name)
    }
}
