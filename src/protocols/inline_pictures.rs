//! Removes inline pictures from earlier answers: the gateway writes them there if pictures have no address.

/// Returns the text without Markdown pictures that have a `data:` URL, which are megabytes without meaning as text.
pub fn without_inline_pictures(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("](data:") {
        let Some(start) = rest[..at].rfind("![") else {
            kept.push_str(&rest[..at + 2]);
            rest = &rest[at + 2..];
            continue;
        };
        // Searched only where a picture begins, and given up after one miss: a client may send millions of these.
        let Some(length) = rest[at..].find(')') else { break };
        kept.push_str(&rest[..start]);
        rest = &rest[at + length + 1..];
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_inline_pictures_are_removed() {
        for (answer, kept) in [
            ("see ![p](data:image/png;base64,AAAA) there", "see  there"),
            ("[x](data:text/plain,a) y", "[x](data:text/plain,a) y"),
            ("![Generated Image](https://me/images/1)", "![Generated Image](https://me/images/1)"),
        ] {
            assert_eq!(without_inline_pictures(answer), kept);
        }
    }

    #[test]
    fn cleaning_takes_linear_time() {
        for (answer, repeated) in [("![", "](data:"), ("", "](data:"), ("", "![](data:"), ("", "![](data:)")] {
            let answer = format!("{answer}{}", repeated.repeat(100_000));
            let started = std::time::Instant::now();
            without_inline_pictures(&answer);
            assert!(started.elapsed().as_secs() < 2, "{repeated}");
        }
    }
}
