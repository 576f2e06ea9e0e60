//! Answers as a resolver writes them, and what reading makes of any bytes.

use super::*;
use crate::dns::message::{Fault, answer, query};

/// One record of an answer, with its lifetime in seconds.
#[derive(Debug, Clone)]
pub enum Record {
    A([u8; 4], u32),
    Aaaa(u128, u32),
    /// The records after it are those of `cdn.grok.com`.
    Alias(u32),
}

/// An answer with the question, names compressed as servers do.
pub fn reply(kind: Kind, records: &[Record]) -> Vec<u8> {
    let mut bytes = query("grok.com", kind).unwrap();
    bytes[2..4].copy_from_slice(&0x8180_u16.to_be_bytes());
    bytes[6..8].copy_from_slice(&u16::try_from(records.len()).unwrap().to_be_bytes());
    // The question's name, until an alias brings another.
    let mut owner = 12_u16;
    for record in records {
        let place = bytes.len();
        let (kind, ttl, data) = match record {
            Record::A(address, ttl) => (1_u16, ttl, address.to_vec()),
            Record::Aaaa(address, ttl) => (28, ttl, address.to_be_bytes().to_vec()),
            // A label of its own, and a pointer to the rest.
            Record::Alias(ttl) => (5, ttl, b"\x03cdn\xc0\x0c".to_vec()),
        };
        bytes.extend((0xc000 | owner).to_be_bytes());
        bytes.extend(kind.to_be_bytes());
        bytes.extend(1_u16.to_be_bytes());
        bytes.extend(ttl.to_be_bytes());
        bytes.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        bytes.extend(data);
        if let Record::Alias(_) = record {
            owner = u16::try_from(place + 12).unwrap();
        }
    }
    bytes
}

/// An answer that only tells how the look-up went.
pub fn status(code: u8) -> Vec<u8> {
    let mut bytes = reply(Kind::A, &[]);
    bytes[3] |= code;
    bytes
}

#[test]
fn failures_have_their_names() {
    assert_eq!(answer(&status(3), Kind::A), Err(Fault::NoSuchName));
    assert_eq!(answer(&status(2), Kind::A), Err(Fault::Status(2)));
    assert_eq!(answer(&query("grok.com", Kind::A).unwrap(), Kind::A), Err(Fault::Malformed));
    assert_eq!(answer(b"", Kind::A), Err(Fault::Malformed));
}

#[test]
fn records_of_the_other_family_are_not_addresses() {
    let both = reply(Kind::A, &[Record::A([1, 2, 3, 4], 9), Record::Aaaa(1, 8)]);
    let read = answer(&both, Kind::A).unwrap();
    assert_eq!((read.addresses, read.ttl), (vec![IpAddr::from([1, 2, 3, 4])], 9));
}

#[test]
fn records_of_another_name_are_not_addresses() {
    let mut other = reply(Kind::A, &[Record::A([1, 2, 3, 4], 9)]);
    assert_eq!(answer(&other, Kind::A).unwrap().addresses.len(), 1);
    // `grok.com` in the question, `com` in the record.
    let at = other.len() - 15;
    other[at] = 17;
    assert!(answer(&other, Kind::A).unwrap().addresses.is_empty());
    // A pointer to itself.
    other[at] = at as u8 - 1;
    assert_eq!(answer(&other, Kind::A), Err(Fault::Malformed));
}

#[test]
fn names_are_the_same_in_capitals() {
    let mut reply = reply(Kind::A, &[Record::Alias(5), Record::A([1, 2, 3, 4], 9)]);
    reply[13] = b'G';
    assert_eq!(answer(&reply, Kind::A).unwrap().addresses.len(), 1);
}

#[test]
fn host_names_only() {
    let label = "l".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}", "l".repeat(61));
    for name in ["a", "grok.com.", "_x.a-b.c", &label, &longest] {
        assert!(query(name, Kind::A).is_some(), "{name}");
    }
    let too_long = format!("{longest}l");
    for name in ["", ".", "a..b", "a b", "ü.test", &format!("{label}l"), &too_long] {
        assert_eq!(query(name, Kind::A), None, "{name}");
    }
}

fn record() -> impl Strategy<Value = Record> {
    prop_oneof![
        (any::<[u8; 4]>(), any::<u32>()).prop_map(|(address, ttl)| Record::A(address, ttl)),
        (any::<u128>(), any::<u32>()).prop_map(|(address, ttl)| Record::Aaaa(address, ttl)),
        any::<u32>().prop_map(Record::Alias),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read(records in prop::collection::vec(record(), 0..20)) {
        let addresses = |kind: Kind| -> Vec<IpAddr> {
            let address = |record: &Record| match (kind, record) {
                (Kind::A, Record::A(address, _)) => Some(IpAddr::from(*address)),
                (Kind::Aaaa, Record::Aaaa(address, _)) => Some(IpAddr::from(address.to_be_bytes())),
                _ => None,
            };
            records.iter().filter_map(address).collect()
        };
        for kind in [Kind::A, Kind::Aaaa] {
            prop_assert_eq!(answer(&reply(kind, &records), kind).unwrap().addresses, addresses(kind));
        }
    }

    #[test]
    fn a_cut_answer_is_malformed(records in prop::collection::vec(record(), 1..5), cut in any::<prop::sample::Index>()) {
        let whole = reply(Kind::A, &records);
        let cut = &whole[..cut.index(whole.len())];
        prop_assert_eq!(answer(cut, Kind::A), Err(Fault::Malformed));
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..300), valid in any::<bool>()) {
        if valid && bytes.len() > 4 {
            // As far as the records, which counts and lengths lead astray.
            bytes[2..4].copy_from_slice(&0x8180_u16.to_be_bytes());
        }
        let _ = answer(&bytes, Kind::A);
        let _ = answer(&bytes, Kind::Aaaa);
    }
}
