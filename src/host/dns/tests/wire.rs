//! Answers as a resolver writes them, and how the reader treats arbitrary bytes.

use super::*;
use crate::host::dns::message::{self, Fault, query};

/// One record of an answer, with its lifetime in seconds.
#[derive(Debug, Clone)]
pub enum Record {
    A([u8; 4], u32),
    Aaaa(u128, u32),
    /// The records after it are those of `cdn.grok.com`.
    Alias(u32),
}

/// Returns an answer about `grok.com`.
pub fn reply(kind: Kind, records: &[Record]) -> Vec<u8> {
    reply_to(query("grok.com", kind).unwrap(), records)
}

/// Returns an answer with the question of a query. Names are compressed, as servers do.
pub fn reply_to(query: Vec<u8>, records: &[Record]) -> Vec<u8> {
    let mut bytes = query;
    bytes[2..4].copy_from_slice(&0x8180_u16.to_be_bytes());
    bytes[6..8].copy_from_slice(&u16::try_from(records.len()).unwrap().to_be_bytes());
    // The offset of the question's name, until an alias names another.
    let mut owner = 12_u16;
    for record in records {
        let place = bytes.len();
        let (kind, ttl, data) = match record {
            Record::A(address, ttl) => (1_u16, ttl, address.to_vec()),
            Record::Aaaa(address, ttl) => (28, ttl, address.to_be_bytes().to_vec()),
            // A label of its own, then a pointer to the rest.
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

/// Returns an answer that reports only a response code.
pub fn status(kind: Kind, code: u8) -> Vec<u8> {
    let mut bytes = reply(kind, &[]);
    bytes[3] |= code;
    bytes
}

fn answer(bytes: &[u8], kind: Kind) -> Result<Answer, Fault> {
    message::answer(bytes, "grok.com", kind)
}

#[test]
fn failures_are_named() {
    assert_eq!(answer(&status(Kind::A, 3), Kind::A), Err(Fault::NoSuchName));
    assert_eq!(answer(&status(Kind::A, 2), Kind::A), Err(Fault::Status(2)));
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
    // The question has `grok.com`, the record `com`.
    let at = other.len() - 15;
    other[at] = 17;
    assert!(answer(&other, Kind::A).unwrap().addresses.is_empty());
    // The pointer points to itself.
    other[at] = at as u8 - 1;
    assert_eq!(answer(&other, Kind::A), Err(Fault::Malformed));
}

#[test]
fn names_ignore_case() {
    let mut reply = reply(Kind::A, &[Record::Alias(5), Record::A([1, 2, 3, 4], 9)]);
    reply[13] = b'G';
    assert_eq!(answer(&reply, Kind::A).unwrap().addresses.len(), 1);
    assert_eq!(message::answer(&reply, "Grok.COM.", Kind::A).unwrap().addresses.len(), 1);
}

#[test]
fn an_answer_repeats_its_question() {
    let reply = reply(Kind::A, &[Record::A([1, 2, 3, 4], 9)]);
    assert_eq!(message::answer(&reply, "grok.co", Kind::A), Err(Fault::OtherQuestion));
    assert_eq!(answer(&reply, Kind::Aaaa), Err(Fault::OtherQuestion));
    let class = query("grok.com", Kind::A).unwrap().len() - 1;
    let mut chaos = reply.clone();
    chaos[class] = 3;
    assert_eq!(answer(&chaos, Kind::A), Err(Fault::OtherQuestion));
    // A failure for another name does not count either.
    assert_eq!(message::answer(&status(Kind::A, 3), "x.ai", Kind::A), Err(Fault::OtherQuestion));
}

#[test]
fn a_truncated_answer_is_refused() {
    let mut reply = reply(Kind::A, &[Record::A([1, 2, 3, 4], 9)]);
    reply[2] |= 2;
    assert_eq!(answer(&reply, Kind::A), Err(Fault::Truncated));
}

/// Returns an answer with an address whose name is this many pointers away.
fn far_away(pointers: u16) -> Vec<u8> {
    let mut bytes = reply(Kind::A, &[]);
    bytes[6..8].copy_from_slice(&2_u16.to_be_bytes());
    // A text record: each pointer in it points to the one before, the first to the question.
    bytes.extend(b"\0\0\x10\0\x01\0\0\0\0");
    bytes.extend((2 * (pointers - 1)).to_be_bytes());
    let mut target = 12_u16;
    for _ in 0..pointers {
        let place = u16::try_from(bytes.len()).unwrap();
        bytes.extend((0xc000 | target).to_be_bytes());
        target = place;
    }
    bytes.extend(b"\0\x01\0\x01\0\0\0\x09\0\x04\x01\x02\x03\x04");
    bytes
}

#[test]
fn a_name_has_at_most_127_pointers() {
    assert_eq!(answer(&far_away(127), Kind::A).unwrap().addresses.len(), 1);
    assert_eq!(answer(&far_away(128), Kind::A), Err(Fault::Malformed));
    assert_eq!(answer(&far_away(8000), Kind::A), Err(Fault::Malformed));
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
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), count in any::<u16>()) {
        let _ = answer(&bytes, Kind::A);
        for kind in [Kind::A, Kind::Aaaa] {
            // The bytes as records after a valid header; their counts and lengths mislead.
            let mut records = reply(kind, &[]);
            records[6..8].copy_from_slice(&count.to_be_bytes());
            records.extend(&bytes);
            let _ = answer(&records, kind);
        }
    }
}
