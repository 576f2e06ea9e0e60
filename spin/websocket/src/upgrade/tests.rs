//! Tests heads and bodies, whole and byte by byte.

use super::*;

fn upgrade(headers: &[(&str, &str)]) -> Result<Upgrade, Error> {
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    Upgrade::new(&Target::parse("wss://grok.test:8443/ws?a=b").unwrap(), &headers)
}

/// Parses the response to a request, in one piece or byte by byte; returns it and the bytes after the head.
fn answer(pieces: impl Fn(&str) -> Vec<Vec<u8>>, answer: &str) -> Result<Answer, Error> {
    let mut upgrade = upgrade(&[]).unwrap();
    let answer = answer.replace("ACCEPT", &upgrade.accept);
    let mut outcome = Ok(Answer::Partial);
    for piece in pieces(&answer) {
        outcome = match outcome? {
            Answer::Partial => upgrade.advance(&piece),
            Answer::Accepted(mut read) => {
                read.extend(piece);
                Ok(Answer::Accepted(read))
            }
            Answer::Refused(mut body) => {
                body.feed(&piece);
                Ok(Answer::Refused(body))
            }
        };
    }
    outcome
}

fn whole(text: &str) -> Vec<Vec<u8>> {
    vec![text.as_bytes().to_vec()]
}

fn bytes(text: &str) -> Vec<Vec<u8>> {
    text.bytes().map(|byte| vec![byte]).collect()
}

const ACCEPTED: &str = "HTTP/1.1 101 Switching Protocols\r\nUPGRADE: WebSocket\r\nConnection: keep-alive, Upgrade\r\n\
                        Sec-WebSocket-Accept: ACCEPT\r\n\r\n";

#[test]
fn the_request_has_the_headers_given() {
    let upgrade = upgrade(&[("Cookie", "sso=a; b=c"), ("origin", "https://grok.test")]).unwrap();
    let text = std::str::from_utf8(upgrade.request()).unwrap();
    let (first, rest) = text.split_once("\r\n").unwrap();
    assert_eq!(first, "GET /ws?a=b HTTP/1.1");
    for line in [
        "Host: grok.test:8443",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Cookie: sso=a; b=c",
        "origin: https://grok.test",
    ] {
        assert!(rest.lines().any(|it| it == line), "{line}: {text}");
    }
    assert!(text.ends_with("\r\n\r\n"));
    assert_ne!(super::tests::upgrade(&[]).unwrap().request(), super::tests::upgrade(&[]).unwrap().request());
}

#[test]
fn headers_that_would_change_the_request_are_not_sent() {
    for (name, value) in [
        ("a b", "c"),
        ("a", "b\r\nc: d"),
        ("a\r\nb", "c"),
        ("Host", "x"),
        ("sec-websocket-key", "x"),
        ("Sec-WebSocket-Protocol", "x"),
        ("", ""),
    ] {
        assert!(matches!(upgrade(&[(name, value)]), Err(Error::Unreachable(_))), "{name}");
    }
}

#[test]
fn an_upgrade_is_accepted_by_its_key() {
    for pieces in [whole, bytes] {
        assert_eq!(answer(pieces, &format!("{ACCEPTED}after")), Ok(Answer::Accepted(b"after".to_vec())));
        let early = format!("HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n{ACCEPTED}");
        assert_eq!(answer(pieces, &early), Ok(Answer::Accepted(Vec::new())));
    }
    assert_eq!(answer(whole, ACCEPTED.trim_end()), Ok(Answer::Partial));
    for (from, to) in [
        ("ACCEPT\r", "other\r"),
        ("WebSocket", "h2c"),
        (", Upgrade", ""),
        ("HTTP/1.1", "SSH-2.0"),
        ("101", "1x1"),
        ("ACCEPT\r\n", "ACCEPT\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"),
        ("ACCEPT\r\n", "ACCEPT\r\nSec-WebSocket-Protocol: chat\r\n"),
    ] {
        assert!(matches!(answer(whole, &ACCEPTED.replace(from, to)), Err(Error::Unreachable(_))), "{to}");
    }
}

#[test]
fn a_head_has_an_end() {
    let endless = format!("HTTP/1.1 200 OK\r\na: {}", "b".repeat(LONGEST_HEAD));
    assert!(matches!(answer(whole, &endless), Err(Error::Unreachable(why)) if why.contains("too long")));
}

/// Returns the refusal, and whether its body has ended.
fn refused(pieces: impl Fn(&str) -> Vec<Vec<u8>>, text: &str) -> (u16, String, bool) {
    match answer(pieces, text) {
        Ok(Answer::Refused(body)) => {
            let over = body.is_over();
            let refusal = body.finish();
            (refusal.status, refusal.body, over)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_refusal_has_its_body() {
    let refusal = |status, body: &str, over| (status, body.to_owned(), over);
    for pieces in [whole, bytes] {
        let sized = "HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\npage and more";
        assert_eq!(refused(pieces, sized), refusal(403, "page", true));
        let cut = "HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\npage";
        assert_eq!(refused(pieces, cut), refusal(403, "page", false));
        let chunked = "HTTP/1.1 429 x\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nslo\r\n2\r\nw!\r\n0\r\n\r\n";
        assert_eq!(refused(pieces, chunked), refusal(429, "slow!", true));
        for coded in ["gzip, Chunked", "gzip\r\nTransfer-Encoding: chunked"] {
            let text = format!("HTTP/1.1 429 x\r\nTransfer-Encoding: {coded}\r\n\r\n2\r\nzz\r\n0\r\n\r\n");
            assert_eq!(refused(pieces, &text), refusal(429, "zz", true));
        }
        let unframed = "HTTP/1.1 429 x\r\nTransfer-Encoding: chunked, gzip\r\nContent-Length: 1\r\n\r\nzz";
        assert_eq!(refused(pieces, unframed), refusal(429, "zz", false));
        let half = "HTTP/1.1 429 x\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nslow";
        assert_eq!(refused(pieces, half), refusal(429, "slow", false));
        let broken = "HTTP/1.1 429 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nzz\r\n";
        assert_eq!(refused(pieces, broken), refusal(429, "ab", true));
        let open = "HTTP/1.1 200 OK\r\n\r\nuntil it closes";
        assert_eq!(refused(pieces, open), refusal(200, "until it closes", false));
        assert_eq!(refused(pieces, "HTTP/1.1 204 No\r\n\r\n"), refusal(204, "", true));
    }
}

#[test]
fn a_long_body_is_cut_and_other_bytes_are_replaced() {
    let long = format!("HTTP/1.1 403 x\r\nContent-Length: 100000\r\n\r\n{}", "p".repeat(70_000));
    let (_, body, over) = refused(whole, &long);
    assert_eq!((body.len(), over), (64 * 1024, true));
    let raw = |_: &str| vec![b"HTTP/1.1 403 x\r\nX-A: \xff\r\n\r\n\xff!".to_vec()];
    let Ok(Answer::Refused(body)) = answer(raw, "") else { panic!("a refusal") };
    let refusal = body.finish();
    assert_eq!(
        (refusal.headers, refusal.body),
        (vec![("x-a".to_owned(), "\u{fffd}".to_owned())], "\u{fffd}!".to_owned())
    );
}
