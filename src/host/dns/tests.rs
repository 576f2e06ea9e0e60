//! Look-ups at scripted resolvers, and the wire format on arbitrary bytes.

use std::{cell::RefCell, rc::Rc};

use proptest::prelude::*;

use super::*;
use crate::host::{
    Host, SendError,
    native::{Answer as Response, NativeHost, Step},
};

mod wire;
use wire::{Record, reply_to, status};

const V4: Record = Record::A([162, 159, 140, 1], 300);
const V6: Record = Record::Aaaa(0x2606_4700_0000_0000_0000_0000_0000_0001, 200);

/// Returns the query in a request.
fn asked(request: &Request<Bytes>) -> Vec<u8> {
    let (_, dns) = request.uri().query().unwrap().rsplit_once("dns=").unwrap();
    URL_SAFE_NO_PAD.decode(dns).unwrap()
}

/// Returns the family that a request asks for: the type precedes the class at the end of the query.
fn kind(request: &Request<Bytes>) -> Kind {
    let query = asked(request);
    match query[query.len() - 3] {
        1 => Kind::A,
        28 => Kind::Aaaa,
        other => panic!("type {other}"),
    }
}

/// Returns what a resolver answers to a request for either family.
pub fn resolver(request: &Request<Bytes>) -> Response {
    answers(request, &[V4], &[V6]).expect("it answers")
}

/// Returns the answer of a resolver that has these records.
fn answers(request: &Request<Bytes>, v4: &[Record], v6: &[Record]) -> Result<Response, SendError> {
    let records = if kind(request) == Kind::A { v4 } else { v6 };
    Ok(Response::new(200, reply_to(asked(request), records)))
}

fn look_up(host: &Rc<NativeHost>) -> Result<Resolved, LookUpError> {
    let app = host.app();
    host.run(async move { resolve(&*app.host, "grok.com", Duration::from_secs(20)).await })
}

fn addresses(resolved: &Resolved) -> Vec<&str> {
    resolved.addresses.iter().map(String::as_str).collect()
}

#[test]
fn both_families_are_asked_for_at_the_first_resolver() {
    let host = NativeHost::new();
    let asked = Rc::new(RefCell::new(Vec::new()));
    let seen = asked.clone();
    host.on_send(move |request| {
        assert_eq!(request.headers()["accept"], "application/dns-message");
        seen.borrow_mut().push(request.uri().to_string());
        answers(request, &[Record::Alias(900), V4], &[V6])
    });
    let resolved = look_up(&host).unwrap();
    assert_eq!(addresses(&resolved), ["162.159.140.1", "2606:4700::1"]);
    assert_eq!(resolved.ttl, Duration::from_secs(200));
    let asked = asked.borrow();
    assert_eq!(asked.len(), 2);
    // A query as RFC 8484 wants it: id 0, recursion desired, one question.
    assert_eq!(asked[0], "https://dns.alidns.com/dns-query?dns=AAABAAABAAAAAAAABGdyb2sDY29tAAABAAE");
    assert_eq!(asked[1], "https://dns.alidns.com/dns-query?dns=AAABAAABAAAAAAAABGdyb2sDY29tAAAcAAE");
}

#[test]
fn one_family_is_enough() {
    let host = NativeHost::new();
    host.on_send(|request| answers(request, &[], &[V6]));
    assert_eq!(addresses(&look_up(&host).unwrap()), ["2606:4700::1"]);
    host.on_send(|request| match kind(request) {
        Kind::A => answers(request, &[V4], &[]),
        Kind::Aaaa => Err(SendError::Connection("reset".to_owned())),
    });
    assert_eq!(addresses(&look_up(&host).unwrap()), ["162.159.140.1"]);
}

/// Returns an answer that never comes.
fn silence() -> Result<Response, SendError> {
    Ok(Response { delay: Duration::from_secs(60), ..Response::new(200, "") })
}

#[test]
fn a_silent_family_does_not_delay_the_other() {
    let host = NativeHost::new();
    host.on_send(|request| if kind(request) == Kind::A { answers(request, &[V4], &[]) } else { silence() });
    let started = host.monotonic_ms();
    assert_eq!(addresses(&look_up(&host).unwrap()), ["162.159.140.1"]);
    assert_eq!(host.monotonic_ms() - started, 500, "IPv6 is awaited for half a second");
}

#[test]
fn the_next_resolver_is_asked_after_ipv6_only() {
    for fails in [silence, || Err(SendError::Connection("reset".to_owned()))] {
        let host = NativeHost::new();
        host.set_variable("dns_over_https_url", "https://one.test,https://two.test");
        host.on_send(move |request| match (request.uri().host().unwrap(), kind(request)) {
            ("one.test", Kind::A) => fails(),
            ("one.test", _) => answers(request, &[], &[V6]),
            _ => answers(request, &[V4], &[]),
        });
        assert_eq!(addresses(&look_up(&host).unwrap()), ["162.159.140.1"]);
        host.on_send(move |request| if kind(request) == Kind::A { fails() } else { answers(request, &[], &[V6]) });
        assert_eq!(addresses(&look_up(&host).unwrap()), ["2606:4700::1"], "better than none");
    }
}

#[test]
fn resolvers_share_the_time() {
    let host = NativeHost::new();
    host.on_send(|_| silence());
    let app = host.app();
    let error = host.run(async move { resolve(&*app.host, "grok.com", Duration::from_secs(6)).await }).unwrap_err();
    assert_eq!(error.to_string().matches("no answer within 2000 ms").count(), 3, "{error}");
}

#[test]
fn the_next_resolver_is_asked_when_one_fails() {
    let host = NativeHost::new();
    host.set_variable("dns_over_https_url", " https://one.test/q , https://two.test/q?ct=x ,https://three.test/q");
    host.on_send(|request| match request.uri().host().unwrap() {
        "one.test" => Err(SendError::Connection("refused".to_owned())),
        "two.test" => {
            assert!(request.uri().query().unwrap().starts_with("ct=x&dns="));
            answers(request, &[V4], &[])
        }
        other => panic!("{other} is not asked"),
    });
    assert_eq!(addresses(&look_up(&host).unwrap()), ["162.159.140.1"]);
}

#[test]
fn every_failure_names_the_variable() {
    let host = NativeHost::new();
    host.set_variable(
        "dns_over_https_url",
        "https://a.test,https://b.test,https://c.test,https://d.test,https://e.test",
    );
    host.on_send(|request| match request.uri().host().unwrap() {
        "a.test" => Ok(Response::new(200, status(kind(request), 3))),
        "b.test" => Ok(Response::new(200, "<html>sign in</html>")),
        "c.test" => Ok(Response { delay: Duration::from_secs(60), ..Response::new(200, "") }),
        "d.test" => Ok(Response::new(404, "")),
        _ => answers(request, &[], &[]),
    });
    let started = host.monotonic_ms();
    assert_eq!(
        look_up(&host).unwrap_err().to_string(),
        "grok.com could not be looked up; https://a.test: the name does not exist; https://b.test: the answer is not DNS; \
         https://c.test: no answer within 4000 ms; https://d.test: status 404; https://e.test: the name has no addresses. \
         Set the variable dns_over_https_url to a resolver that can be reached"
    );
    assert_eq!(host.monotonic_ms() - started, 4000);
}

#[test]
fn a_body_that_hangs_or_never_ends_times_out() {
    let host = NativeHost::new();
    host.set_variable("dns_over_https_url", "https://a.test,https://b.test,https://c.test");
    host.on_send(|request| match request.uri().host().unwrap() {
        "a.test" => Ok(Response { body: vec![Step::Hang], ..Response::new(200, "") }),
        "b.test" => Ok(Response::new(200, vec![0; LARGEST_ANSWER + 1])),
        _ => answers(request, &[V4], &[]),
    });
    assert_eq!(addresses(&look_up(&host).unwrap()), ["162.159.140.1"]);
}

#[test]
fn answers_are_used_for_a_minute_to_a_day() {
    for (ttl, used) in [(0, 60), (61, 61), (u32::MAX, 86_400)] {
        let host = NativeHost::new();
        host.on_send(move |request| answers(request, &[Record::A([1, 1, 1, 1], ttl)], &[]));
        assert_eq!(look_up(&host).unwrap().ttl, Duration::from_secs(used));
    }
}

#[test]
fn four_addresses_of_each_family_are_kept() {
    let host = NativeHost::new();
    let (v4, v6): (Vec<_>, Vec<_>) =
        (0..9).map(|at| (Record::A([1, 1, 1, at], 60), Record::Aaaa(at.into(), 60))).unzip();
    host.on_send(move |request| answers(request, &v4, &v6));
    let expected = ["1.1.1.0", "1.1.1.1", "1.1.1.2", "1.1.1.3", "::", "::1", "::2", "::3"];
    assert_eq!(addresses(&look_up(&host).unwrap()), expected);
}
