//! Reads Rust's tokens: attributes, `use` declarations, paths and the heads of functions.
//!
//! Tokens instead of a syntax tree, so that paths inside macro calls are found too.

use proc_macro2::{Delimiter, TokenTree};

/// The meaning of an attribute for the checks.
pub enum Attribute {
    /// The first line of an outer doc comment, trimmed.
    Doc(String),
    /// `#[cfg(test)]`, outer or inner.
    Test,
    Other,
}

/// Returns the attribute at `at` and how many tokens it takes, `None` without an attribute.
pub fn attribute(tokens: &[TokenTree], at: usize) -> Option<(Attribute, usize)> {
    if !is_punct(tokens.get(at), '#') {
        return None;
    }
    let is_inner = is_punct(tokens.get(at + 1), '!');
    let length = if is_inner { 3 } else { 2 };
    let inside = group(tokens.get(at + length - 1), Delimiter::Bracket)?;
    let attribute = match (ident(inside.first())?.as_str(), inside.get(1), inside.get(2)) {
        ("doc", Some(_), Some(TokenTree::Literal(text))) if !is_inner => Attribute::Doc(first_line(&text.to_string())),
        ("cfg", Some(condition), _) if is_test(&condition.to_string()) => Attribute::Test,
        _ => Attribute::Other,
    };
    Some((attribute, length))
}

/// Reads the literal of a doc comment: `" text"` or `r" text"`.
fn first_line(literal: &str) -> String {
    let text = literal.trim_start_matches(['r', '#']).trim_matches(['"', '#']);
    text.lines().next().unwrap_or_default().trim().to_owned()
}

fn is_test(condition: &str) -> bool {
    let mut words = condition.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.clone().all(|word| word != "not") && words.any(|word| word == "test")
}

/// Returns the index behind the item, field or statement that begins at `at`, its attributes included.
pub fn behind_item(tokens: &[TokenTree], mut at: usize) -> usize {
    while let Some((_, length)) = attribute(tokens, at) {
        at += length;
    }
    let ends_with_block = tokens[at..].iter().find_map(|token| match ident(Some(token))?.as_str() {
        "fn" | "mod" | "impl" | "struct" | "enum" | "trait" | "union" | "macro_rules" => Some(true),
        "use" | "static" | "type" | "let" => Some(false),
        _ => None,
    });
    for (index, token) in tokens.iter().enumerate().skip(at) {
        let is_end = match token {
            TokenTree::Group(group) => ends_with_block == Some(true) && group.delimiter() == Delimiter::Brace,
            TokenTree::Punct(mark) => mark.as_char() == ';' || mark.as_char() == ',' && ends_with_block.is_none(),
            _ => false,
        };
        if is_end {
            return index + 1;
        }
    }
    tokens.len()
}

/// One name that a `use` declaration brings in.
#[derive(Debug, PartialEq, Eq)]
pub struct Import {
    pub path: Vec<String>,
    /// `None` for a glob.
    pub name: Option<String>,
    pub line: usize,
}

/// Returns the imports of the `use` declaration whose tokens follow at `at`, and the index of its `;`.
pub fn imports(tokens: &[TokenTree], at: usize) -> (Vec<Import>, usize) {
    let end = (at..tokens.len()).find(|index| is_punct(tokens.get(*index), ';')).unwrap_or(tokens.len());
    let mut found = Vec::new();
    // A path that begins with `::` is another crate's.
    if !is_punct(tokens.get(at), ':') {
        import_tree(&tokens[at..end], &[], &mut found);
    }
    (found, end)
}

fn import_tree(tokens: &[TokenTree], before: &[String], found: &mut Vec<Import>) {
    let (mut path, mut renamed) = (before.to_vec(), false);
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(word) if renamed => {
                let name = Some(word.to_string());
                return found.push(Import { path, name, line: line(token) });
            }
            TokenTree::Ident(word) if word == "as" => renamed = true,
            // `{self}` is the path before it.
            TokenTree::Ident(word) if word == "self" && !path.is_empty() => {}
            TokenTree::Ident(word) => path.push(plain(&word.to_string())),
            TokenTree::Punct(mark) if mark.as_char() == '*' => {
                return found.push(Import { path, name: None, line: line(token) });
            }
            TokenTree::Group(group) => {
                let inside: Vec<_> = group.stream().into_iter().collect();
                for part in inside.split(|token| is_punct(Some(token), ',')).filter(|part| !part.is_empty()) {
                    import_tree(part, &path, found);
                }
                return;
            }
            _ => {}
        }
        if at + 1 == tokens.len() {
            let name = path.last().cloned();
            return found.push(Import { path, name, line: line(token) });
        }
    }
}

/// Returns the path of at least two words that begins at `at`, `None` inside or without one.
pub fn path(tokens: &[TokenTree], at: usize) -> Option<Vec<String>> {
    // A `::` before it: the rest of a path, or another crate's. A `.`: a method with type arguments.
    let is_rest = at > 0 && matches!(&tokens[at - 1], TokenTree::Punct(mark) if matches!(mark.as_char(), ':' | '.'));
    let is_type_mark = at == 1 || at > 1 && !is_punct(tokens.get(at - 2), ':');
    if is_rest && !(is_type_mark && is_punct(tokens.get(at - 1), ':')) {
        return None;
    }
    let mut words = vec![plain(&ident(tokens.get(at))?)];
    let mut next = at + 1;
    while is_punct(tokens.get(next), ':') && is_punct(tokens.get(next + 1), ':') {
        let Some(word) = ident(tokens.get(next + 2)) else { break };
        words.push(plain(&word));
        next += 3;
    }
    (words.len() > 1).then_some(words)
}

/// Returns the name of the `pub fn` whose `pub` is at `at`; `None` for any other item, and for `pub(crate) fn`.
pub fn public_function(tokens: &[TokenTree], at: usize) -> Option<String> {
    let mut words = tokens[at + 1..].iter().map_while(|token| match token {
        TokenTree::Ident(word) => Some(word.to_string()),
        // The name of an ABI.
        TokenTree::Literal(_) => Some(String::new()),
        _ => None,
    });
    let is_before = |word: &String| matches!(word.as_str(), "const" | "async" | "unsafe" | "extern" | "");
    words.find(|word| !is_before(word)).filter(|word| word == "fn").and_then(|_| words.next())
}

/// Returns the text of an identifier, `None` for any other token.
pub fn ident(token: Option<&TokenTree>) -> Option<String> {
    match token {
        Some(TokenTree::Ident(word)) => Some(word.to_string()),
        _ => None,
    }
}

/// Returns whether the token is this punctuation mark.
pub fn is_punct(token: Option<&TokenTree>, mark: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == mark)
}

/// Returns the tokens inside a group with this delimiter, `None` for any other token.
pub fn group(token: Option<&TokenTree>, delimiter: Delimiter) -> Option<Vec<TokenTree>> {
    match token {
        Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Some(group.stream().into_iter().collect()),
        _ => None,
    }
}

/// Returns the token's line, counted from 1.
pub fn line(token: &TokenTree) -> usize {
    token.span().start().line
}

fn plain(word: &str) -> String {
    word.trim_start_matches("r#").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<TokenTree> {
        text.parse::<proc_macro2::TokenStream>().unwrap().into_iter().collect()
    }

    #[test]
    fn every_name_of_an_import_is_read() {
        let text = "crate::{a::{self, B}, c as d, e::*};";
        let found: Vec<_> = imports(&tokens(text), 0).0.into_iter().map(|i| (i.path.join("::"), i.name)).collect();
        let expected = [("crate::a", "a"), ("crate::a::B", "B"), ("crate::c", "d"), ("crate::e", "")];
        let expected = expected.map(|(path, name)| (path.to_owned(), Some(name.to_owned()).filter(|n| !n.is_empty())));
        assert_eq!(found, expected);
        assert_eq!(imports(&tokens("::http::Method;"), 0).0, []);
    }

    #[test]
    fn paths_end_at_type_arguments_and_begin_behind_type_marks() {
        assert_eq!(path(&tokens("a::b::<C>()"), 0).unwrap(), ["a", "b"]);
        assert_eq!(path(&tokens("x: a::b"), 2).unwrap(), ["a", "b"]);
        assert_eq!(path(&tokens("::a::b"), 2), None);
        assert_eq!(path(&tokens("x.collect::<A>()"), 2), None);
        assert_eq!(path(&tokens("a"), 0), None);
    }

    #[test]
    fn items_under_test_are_skipped_whole() {
        for (item, rest) in [
            ("mod a { b }", "fn c() {}"),
            ("#[x] fn a(b: C) -> D { e }", "f"),
            ("use a::{b, c};", "use d;"),
            ("const A: [u8; 2] = [1, 2];", "b"),
            ("a: u8,", "b: u8"),
        ] {
            let all = tokens(&format!("{item} {rest}"));
            assert_eq!(all.len() - behind_item(&all, 0), tokens(rest).len(), "{item}");
        }
    }

    #[test]
    fn conditions_on_tests_are_recognised() {
        for (condition, test) in [("test", true), ("any(test, unix)", true), ("not(test)", false), ("unix", false)] {
            let all = tokens(&format!("#[cfg({condition})] x"));
            assert_eq!(matches!(attribute(&all, 0), Some((Attribute::Test, 2))), test, "{condition}");
        }
    }
}
