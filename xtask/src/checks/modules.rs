//! The module tree of a crate, as the compiler without tests sees it: files, imports, paths and public functions.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::tokens::{self, Attribute, Import};

/// The longest chain of imports that is followed; imports may lead to each other.
const DEEPEST: usize = 8;

pub struct Tree {
    /// The crate's root first.
    pub modules: Vec<Module>,
}

/// A module: a file, or an inline `mod name { … }` in the file of its parent.
#[derive(Default)]
pub struct Module {
    pub file: String,
    pub parent: Option<usize>,
    children: BTreeMap<String, usize>,
    imports: Vec<Import>,
    paths: Vec<(Vec<String>, usize)>,
    pub functions: Vec<Function>,
}

/// A `pub fn`.
pub struct Function {
    pub name: String,
    pub line: usize,
    /// The first line of its doc.
    pub doc: Option<String>,
}

/// A use of one file's items in another one.
pub struct Reference {
    pub from: usize,
    pub to: usize,
    pub line: usize,
    /// The path as written.
    pub path: String,
}

impl Tree {
    /// Parses the files that `entry`, the crate's root, reaches without `#[cfg(test)]`; fails if one is not Rust.
    pub fn parse(sources: &BTreeMap<String, String>, entry: &str) -> Result<Tree> {
        let mut parser = Parser { sources, tree: Tree { modules: Vec::new() } };
        let folder = entry.rfind('/').map_or("", |end| &entry[..=end]);
        parser.file(entry, folder, None)?;
        Ok(parser.tree)
    }

    /// Returns every reference from a module to an item of another file.
    ///
    /// An import of a whole module is none by itself: the paths that begin with its name are.
    pub fn references(&self) -> Vec<Reference> {
        let mut found = Vec::new();
        for (from, module) in self.modules.iter().enumerate() {
            let imports = module.imports.iter().map(|import| (&import.path, import.line, import.name.is_some()));
            let paths = module.paths.iter().map(|(path, line)| (path, *line, false));
            for (path, line, may_be_module) in imports.chain(paths) {
                match self.resolve(from, path, 0) {
                    Some((to, is_whole)) if !(is_whole && may_be_module) => {
                        found.push(Reference { from, to, line, path: path.join("::") });
                    }
                    _ => {}
                }
            }
        }
        found.retain(|reference| self.modules[reference.from].file != self.modules[reference.to].file);
        found
    }

    /// Returns whether the file of `above` is that of a module around `module`.
    pub fn is_around(&self, above: usize, module: usize) -> bool {
        let around = std::iter::successors(self.modules[module].parent, |parent| self.modules[*parent].parent);
        around.into_iter().any(|parent| self.modules[parent].file == self.modules[above].file)
    }

    /// Returns the deepest module on the path, and whether the path ends there; `None` for a path into another crate.
    fn resolve(&self, from: usize, path: &[String], depth: usize) -> Option<(usize, bool)> {
        let first = path.first()?;
        let (mut at, mut used) = match first.as_str() {
            "crate" => (0, 1),
            "self" | "super" => (from, 0),
            _ => (self.named(from, first, depth)?, 1),
        };
        for word in &path[used..] {
            at = match word.as_str() {
                "self" => at,
                "super" => self.modules[at].parent?,
                _ => match self.named(at, word, depth) {
                    Some(module) => module,
                    None => break,
                },
            };
            used += 1;
        }
        match path.get(used) {
            None => Some((at, true)),
            // An item that the module re-exports is the other module's.
            Some(item) => Some(self.reexported(at, item, depth).map_or((at, false), |(to, _)| (to, false))),
        }
    }

    /// Returns the module from which `module` imports the item `name`.
    fn reexported(&self, module: usize, name: &str, depth: usize) -> Option<(usize, bool)> {
        let named = |import: &&Import| import.name.as_deref() == Some(name) && import.path.len() > 1;
        let import = self.modules[module].imports.iter().find(named)?;
        if depth > DEEPEST { None } else { self.resolve(module, &import.path, depth + 1) }
    }

    /// Returns the module that `name` means in `module`: a child, or an imported one.
    fn named(&self, module: usize, name: &str, depth: usize) -> Option<usize> {
        if let Some(child) = self.modules[module].children.get(name) {
            return Some(*child);
        }
        self.reexported(module, name, depth).filter(|(_, is_whole)| *is_whole).map(|(to, _)| to)
    }
}

struct Parser<'a> {
    sources: &'a BTreeMap<String, String>,
    tree: Tree,
}

impl Parser<'_> {
    /// Reads a file; its children are in `folder`, which ends with a slash.
    fn file(&mut self, file: &str, folder: &str, parent: Option<usize>) -> Result<usize> {
        let text = self.sources.get(file).with_context(|| format!("{file} is missing"))?;
        let stream: TokenStream = text.parse().map_err(|error| anyhow!("{file} is not Rust: {error}"))?;
        let module = self.module(file, parent);
        self.walk(stream, module, folder)?;
        Ok(module)
    }

    fn module(&mut self, file: &str, parent: Option<usize>) -> usize {
        self.tree.modules.push(Module { file: file.to_owned(), parent, ..Module::default() });
        self.tree.modules.len() - 1
    }

    fn walk(&mut self, stream: TokenStream, module: usize, folder: &str) -> Result<()> {
        let tokens: Vec<_> = stream.into_iter().collect();
        let (mut at, mut doc) = (0, None);
        while at < tokens.len() {
            if let Some((attribute, length)) = tokens::attribute(&tokens, at) {
                at = match attribute {
                    Attribute::Test if length == 3 => return Ok(()),
                    Attribute::Test => tokens::behind_item(&tokens, at),
                    Attribute::Doc(_) | Attribute::Other => at + length,
                };
                match attribute {
                    Attribute::Doc(line) => doc = doc.or(Some(line)),
                    Attribute::Test => doc = None,
                    Attribute::Other => {}
                }
                continue;
            }
            at = match &tokens[at] {
                TokenTree::Group(group) => {
                    doc = None;
                    self.walk(group.stream(), module, folder)?;
                    at + 1
                }
                TokenTree::Ident(word) => {
                    let word = word.to_string();
                    self.word(&word, &tokens, at, module, folder, &mut doc)?
                }
                TokenTree::Punct(mark) => {
                    doc = doc.filter(|_| !matches!(mark.as_char(), ';' | ','));
                    at + 1
                }
                TokenTree::Literal(_) => at + 1,
            };
        }
        Ok(())
    }

    /// Reads what begins with the word at `at`; returns the index of the token to go on with.
    fn word(
        &mut self,
        word: &str,
        tokens: &[TokenTree],
        at: usize,
        module: usize,
        folder: &str,
        doc: &mut Option<String>,
    ) -> Result<usize> {
        let here = &mut self.tree.modules[module];
        match word {
            "use" => {
                let (imports, end) = tokens::imports(tokens, at + 1);
                here.imports.extend(imports);
                return Ok(end);
            }
            "mod" => {
                if let Some(name) = tokens::ident(tokens.get(at + 1)) {
                    *doc = None;
                    self.child(&name, tokens.get(at + 2), module, folder)?;
                    return Ok(at + 3);
                }
            }
            "pub" => {
                if let Some(name) = tokens::public_function(tokens, at) {
                    here.functions.push(Function { name, line: tokens::line(&tokens[at]), doc: doc.take() });
                }
            }
            _ => {
                if let Some(path) = tokens::path(tokens, at) {
                    here.paths.push((path, tokens::line(&tokens[at])));
                }
            }
        }
        Ok(at + 1)
    }

    /// Reads `mod name;` or `mod name { … }`.
    fn child(&mut self, name: &str, next: Option<&TokenTree>, parent: usize, folder: &str) -> Result<()> {
        let inner = format!("{folder}{name}/");
        let child = match tokens::group(next, Delimiter::Brace) {
            Some(inside) => {
                let file = self.tree.modules[parent].file.clone();
                let module = self.module(&file, Some(parent));
                self.walk(inside.into_iter().collect(), module, &inner)?;
                module
            }
            None => {
                let files = [format!("{folder}{name}.rs"), format!("{inner}mod.rs")];
                let file = files.iter().find(|file| self.sources.contains_key(*file));
                let file = file.with_context(|| format!("neither {} nor {} exists", files[0], files[1]))?;
                self.file(file, &inner, Some(parent))?
            }
        };
        self.tree.modules[parent].children.insert(name.to_owned(), child);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references(sources: &[(&str, &str)]) -> Vec<String> {
        let sources = sources.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
        let tree = Tree::parse(&sources, "src/lib.rs").unwrap();
        let file = |module: usize| tree.modules[module].file.clone();
        let shown = |r: &Reference| format!("{}:{} {}", file(r.from), r.line, file(r.to));
        tree.references().iter().map(shown).collect()
    }

    #[test]
    fn imports_paths_and_macro_calls_lead_to_files() {
        let found = references(&[
            ("src/lib.rs", "mod a; mod b;"),
            (
                "src/a.rs",
                "use crate::b::{self, c::D};\nfn x() {\n    b::y();\n    format!(\"{}\", crate::b::c::z());\n}",
            ),
            ("src/b/mod.rs", "pub mod c;\npub fn y() {}"),
            ("src/b/c.rs", "use super::y;\nuse std::fmt;"),
        ]);
        let expected = ["src/a.rs:1 src/b/c.rs", "src/a.rs:3 src/b/mod.rs", "src/a.rs:4 src/b/c.rs"];
        assert_eq!(found, [&expected[..], &["src/b/c.rs:1 src/b/mod.rs"]].concat());
    }

    #[test]
    fn tests_comments_and_texts_are_not_read() {
        let found = references(&[
            ("src/lib.rs", "mod a; mod b; #[cfg(test)] mod tests;"),
            (
                "src/a.rs",
                "// crate::b::x()\n/// [`crate::b::x`]\nfn a() { \"crate::b::x\"; }\n#[cfg(test)]\nmod t { use crate::b::x; }",
            ),
            ("src/b.rs", "#[cfg(test)]\nuse crate::a::y;\npub fn x() {}"),
        ]);
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn a_reexported_item_leads_to_the_file_that_defines_it() {
        let found = references(&[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "use crate::b::{Error, own};\nfn x() { crate::b::Error::new(); }"),
            ("src/b/mod.rs", "mod error; pub use error::Error; pub fn own() {}"),
            ("src/b/error.rs", "pub struct Error;"),
        ]);
        let expected = ["src/a.rs:1 src/b/error.rs", "src/a.rs:1 src/b/mod.rs", "src/a.rs:2 src/b/error.rs"];
        assert_eq!(found, [&expected[..], &["src/b/mod.rs:1 src/b/error.rs"]].concat());
    }

    #[test]
    fn other_crates_of_the_same_name_are_left_out() {
        let sources = [
            ("src/lib.rs", "mod http; mod a;"),
            ("src/http.rs", ""),
            ("src/a.rs", "fn a() { http::b(); ::http::c(); }"),
        ];
        assert_eq!(references(&sources), [""; 0]);
    }

    #[test]
    fn inline_modules_belong_to_their_file() {
        let found = references(&[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "fn x() {}\nmod inner {\n    use super::x;\n    use super::super::b::y;\n}"),
            ("src/b.rs", "pub fn y() {}"),
        ]);
        assert_eq!(found, ["src/a.rs:4 src/b.rs"]);
    }
}
