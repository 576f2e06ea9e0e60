//! `cargo xtask vendor`: the console's libraries, copied from the npm packages that package-lock.json pins into
//! `static/vendor`, so that no page needs a build step or another host. `cargo xtask test` compares the two.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::tools;

const LIST: &str = "VENDOR.md";

/// The edit that makes a file an ES module for browsers.
enum Edit {
    None,
    /// Replaces the package's name in an import with the address of its file.
    Import {
        package: &'static str,
        file: &'static str,
    },
    /// Exports the variable of this name, in which the minified script leaves its value.
    ExportDefault(&'static str),
}

struct File {
    name: &'static str,
    package: &'static str,
    source: &'static str,
    edit: Edit,
}

const FILES: &[File] = &[
    File { name: "htm.js", package: "htm", source: "dist/htm.mjs", edit: Edit::None },
    File { name: "marked.js", package: "marked", source: "lib/marked.esm.js", edit: Edit::None },
    File { name: "preact.js", package: "preact", source: "dist/preact.mjs", edit: Edit::None },
    File {
        name: "preact-hooks.js",
        package: "preact",
        source: "hooks/dist/hooks.mjs",
        edit: Edit::Import { package: "preact", file: "./preact.js" },
    },
    File { name: "uplot.css", package: "uplot", source: "dist/uPlot.min.css", edit: Edit::None },
    File { name: "uplot.js", package: "uplot", source: "dist/uPlot.iife.min.js", edit: Edit::ExportDefault("uPlot") },
];

/// Writes the folder, replacing its content.
pub fn vendor(root: &Path) -> Result<()> {
    tools::node_packages(root)?;
    let folder = folder(root);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for (name, text) in wanted(root)? {
        let file = folder.join(name);
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// Fails, naming the files, unless the folder contains exactly what `vendor` would write.
pub fn check(root: &Path) -> Result<()> {
    let differing = differences(&present(&folder(root))?, &wanted(root)?);
    ensure!(
        differing.is_empty(),
        "static/vendor differs from what package-lock.json pins ({}): run `cargo xtask vendor`",
        differing.join(", ")
    );
    Ok(())
}

fn folder(root: &Path) -> PathBuf {
    root.join("static/vendor")
}

fn present(folder: &Path) -> Result<BTreeMap<String, String>> {
    let entries = fs::read_dir(folder).context("cannot read static/vendor: run `cargo xtask vendor`")?;
    let read = |path: PathBuf| fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()));
    entries
        .map(|entry| entry.map_err(Into::into).and_then(|e| Ok((name_of(&e.file_name()), read(e.path())?))))
        .collect()
}

fn name_of(name: &std::ffi::OsStr) -> String {
    name.to_string_lossy().into_owned()
}

fn differences(present: &BTreeMap<String, String>, wanted: &BTreeMap<String, String>) -> Vec<String> {
    let changed = wanted.iter().filter(|(name, text)| present.get(*name) != Some(text)).map(|(name, _)| name);
    let foreign = present.keys().filter(|name| !wanted.contains_key(*name));
    changed.chain(foreign).cloned().collect()
}

/// Returns every file of the folder with its text: libraries, licences, and the list of both.
fn wanted(root: &Path) -> Result<BTreeMap<String, String>> {
    let modules = root.join("node_modules");
    let read = |package: &str, file: &str| {
        let path = modules.join(package).join(file);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let pinned: Value = serde_json::from_str(&fs::read_to_string(root.join("package.json"))?)?;
    let mut all = BTreeMap::new();
    let mut list = String::from(HEAD);
    for File { name, package, source, edit } in FILES {
        let manifest: Value = serde_json::from_str(&read(package, "package.json")?)?;
        let field = |name: &str| manifest[name].as_str().unwrap_or_default().to_owned();
        let (version, licence) = (field("version"), field("license"));
        if pinned["dependencies"][package] != version.as_str() {
            bail!("package.json must pin {package} to its exact version, {version}");
        }
        let text = edit
            .apply(&without_source_map(&read(package, source)?))
            .with_context(|| format!("{package}'s {source}"))?;
        all.insert((*name).to_owned(), text);
        all.insert(format!("{package}.LICENSE.txt"), read(package, "LICENSE")?);
        let change = edit.description();
        list += &format!("| `{name}` | {package} | {version} | `{source}` | {licence} | {change} |\n");
    }
    all.insert(LIST.to_owned(), list);
    Ok(all)
}

const HEAD: &str = "\
# Libraries of the console

Written by `cargo xtask vendor` from the npm packages that `package-lock.json` pins; `cargo xtask test` compares them. Not to be edited by hand.
`<package>.LICENSE.txt` is the licence of each package. The lines that point to source maps are left out.

| file | package | version | file in the package | licence | changed |
|---|---|---|---|---|---|
";

impl Edit {
    fn apply(&self, text: &str) -> Result<String> {
        match self {
            Edit::None => Ok(text.to_owned()),
            Edit::Import { package, file } => {
                let import = format!("from\"{package}\"");
                ensure!(text.matches(&import).count() == 1, "expected exactly one `{import}`");
                Ok(text.replace(&import, &format!("from\"{file}\"")))
            }
            Edit::ExportDefault(name) => {
                ensure!(text.contains(&format!("var {name}=")), "expected `var {name}=`");
                Ok(format!("{text}export default {name};\n"))
            }
        }
    }

    /// Returns the edit's entry in the list.
    fn description(&self) -> String {
        match self {
            Edit::None => "–".to_owned(),
            Edit::Import { package, file } => format!("imports `{file}` for `{package}`"),
            Edit::ExportDefault(name) => format!("with `export default {name};` after it"),
        }
    }
}

/// Removes the link to a source map, which browsers with open developer tools would request in vain.
fn without_source_map(text: &str) -> String {
    let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with("//# sourceMappingURL=")).collect();
    kept.join("\n").trim_end().to_owned() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_maps_go_and_files_end_in_one_newline() {
        assert_eq!(without_source_map("a;\nb;\n//# sourceMappingURL=x.js.map\n"), "a;\nb;\n");
        assert_eq!(without_source_map("a;"), "a;\n");
    }

    #[test]
    fn an_edit_that_finds_nothing_to_edit_fails() {
        let import = Edit::Import { package: "preact", file: "./preact.js" };
        assert_eq!(import.apply("import{o}from\"preact\";").unwrap(), "import{o}from\"./preact.js\";");
        assert!(import.apply("import{o}from'preact';").is_err());
        assert_eq!(Edit::ExportDefault("a").apply("var a=1;\n").unwrap(), "var a=1;\nexport default a;\n");
        assert!(Edit::ExportDefault("a").apply("let a=1;\n").is_err());
    }

    #[test]
    fn missing_changed_and_foreign_files_are_named() {
        let set = |files: &[(&str, &str)]| files.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())).collect();
        let wanted = set(&[("a", "1"), ("b", "2"), ("c", "3")]);
        assert_eq!(differences(&set(&[("a", "1"), ("b", "x"), ("d", "")]), &wanted), ["b", "c", "d"]);
        assert!(differences(&wanted, &wanted).is_empty());
    }
}
