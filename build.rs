//! Packs the console (`static/`) into one archive, which the component carries and `src/http/assets.rs` reads.
//!
//! A text first, one line each: `console`, then for every header of `static/_headers` its name and value, then after
//! an empty line for every file its path, content type, tag, and three places in the bytes behind the text, with tabs
//! between; a line with a dot ends it. From the first place to the second is the file as it is, from there to the
//! third the same gzipped: room is cheaper here than code that unpacks, which Workers would have to load as well.
//! The same folder gives the same bytes.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
};

use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};

/// What `.assetsignore` does not have to name, for wrangler as well.
const RULES: [&str; 3] = [".assetsignore", "_headers", "_redirects"];

fn main() {
    println!("cargo::rerun-if-changed=static");
    println!("cargo::rerun-if-changed=build.rs");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("static");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("console.archive");
    fs::write(out, archive(&root)).expect("the archive can be written");
}

fn archive(root: &Path) -> Vec<u8> {
    let mut head = String::from("console\n");
    for (name, value) in headers(&read(&root.join("_headers"))) {
        head += &format!("{name}\t{value}\n");
    }
    head += "\n";
    let mut bodies = Vec::new();
    for file in files(root, &ignored(&read(&root.join(".assetsignore")))) {
        let content = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let name = file.strip_prefix(root).expect("it lies there").to_str().expect("names are text");
        let hash = Sha256::digest(&content);
        let tag: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        let start = bodies.len();
        bodies.extend(&content);
        let between = bodies.len();
        bodies.extend(gzipped(&content));
        let end = bodies.len();
        head += &format!("{}\t{}\t{tag}\t{start}\t{between}\t{end}\n", path(name), content_type(name));
    }
    head += ".\n";
    [head.into_bytes(), bodies].concat()
}

/// The address, which for pages is that of the Workers' asset layer: without `.html`.
fn path(name: &str) -> String {
    assert!(!name.ends_with("index.html"), "static/{name}: `/` belongs to the router");
    let name = name.strip_suffix(".html").unwrap_or(name);
    assert!(
        name.bytes().all(|b| b.is_ascii_alphanumeric() || b"/.-_".contains(&b)),
        "static/{name}: such a name would have to be escaped in addresses"
    );
    format!("/{name}")
}

/// As wrangler names them when it uploads.
fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => panic!("static/{name}: build.rs knows no content type for it"),
    }
}

/// Without a time or a name, so that it depends on nothing but the content.
fn gzipped(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzBuilder::new().write(Vec::new(), Compression::best());
    encoder.write_all(content).and_then(|()| encoder.finish()).expect("memory takes it")
}

/// Every header of the file, in Workers' format; it has to be one rule for all paths.
/// Source: <https://developers.cloudflare.com/workers/static-assets/headers/>
fn headers(text: &str) -> Vec<(String, String)> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    assert_eq!(lines.next(), Some("/*"), "static/_headers begins with the rule for all paths");
    let pair = |line: &str| {
        let (name, value) = line.split_once(':').filter(|(name, _)| !name.starts_with(['/', '!']))?;
        Some((name.trim().to_lowercase(), value.trim().to_owned()))
    };
    lines.map(|line| pair(line).unwrap_or_else(|| panic!("static/_headers: `{line}` is no header"))).collect()
}

/// The ends of names that are not uploaded.
fn ignored(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let end = |line: &str| line.strip_prefix('*').filter(|end| end.starts_with('.')).map(str::to_owned);
    lines
        .map(|line| end(line).unwrap_or_else(|| panic!("static/.assetsignore: only `*.ending` is understood")))
        .collect()
}

fn files(folder: &Path, ignored: &[String]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("it can be listed").path();
        let name = path.to_string_lossy();
        if path.is_dir() {
            found.extend(files(&path, ignored));
        } else if !ignored.iter().any(|end| name.ends_with(end)) && !RULES.iter().any(|rule| path.ends_with(rule)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
