//! Writes the bill of materials of a release's file for Spin, in CycloneDX: the crates that cargo compiles into the gateway
//! and its WebSocket provider, and the console's packages.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use anyhow::{Context, Result, bail};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};
use toml_edit::DocumentMut;

use crate::process;

const ROOT: &str = "grok2api";
/// The component that is composed with it; its crates count as the gateway's.
const PROVIDER: &str = "spin-websocket";
const TARGET: &str = "wasm32-wasip2";

/// Returns the bill of materials as JSON.
pub fn write(root: &Path) -> Result<String> {
    let mut cargo = Command::new("cargo");
    cargo.args(["metadata", "--format-version", "1", "--locked", "--filter-platform", TARGET]);
    let metadata: Value = serde_json::from_slice(&output(cargo.current_dir(root))?)?;
    let read = |file: &str| fs::read_to_string(root.join(file)).with_context(|| format!("cannot read {file}"));
    let checksums = checksums(&read("Cargo.lock")?)?;
    let lock: Value = serde_json::from_str(&read("package-lock.json")?)?;
    Ok(format!("{:#}\n", document(&metadata, &compiled(root)?, &checksums, &lock)?))
}

/// Returns names and versions of the compiled crates, as `url v2.5.0`. `cargo metadata` unifies the features of the whole
/// workspace, including tests and developer commands, and therefore lists more crates.
fn compiled(root: &Path) -> Result<BTreeSet<String>> {
    let mut cargo = Command::new("cargo");
    cargo.args(["tree", "--package", ROOT, "--package", PROVIDER, "--edges", "normal,no-proc-macro", "--locked"]);
    cargo.args(["--target", TARGET, "--prefix", "none", "--format", "{p}"]);
    let text = String::from_utf8(output(cargo.current_dir(root))?).context("cargo's output is not UTF-8")?;
    Ok(text.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect())
}

fn output(command: &mut Command) -> Result<Vec<u8>> {
    let output = process::output(command)?;
    if !output.status.success() {
        bail!("cargo cannot list the component's dependencies: see the output above");
    }
    Ok(output.stdout)
}

/// Returns the document, without the optional time and serial number, so that the build is reproducible.
fn document(metadata: &Value, compiled: &BTreeSet<String>, checksums: &Checksums, lock: &Value) -> Result<Value> {
    let packages: BTreeMap<&str, &Value> =
        list(&metadata["packages"]).map(|package| (text(&package["id"]), package)).collect();
    let nodes: BTreeMap<&str, &Value> =
        list(&metadata["resolve"]["nodes"]).map(|node| (text(&node["id"]), node)).collect();
    let named = |name: &str| {
        packages.values().find(|package| package["name"] == name).context("cargo metadata lacks our crates")
    };
    let (own, provider) = (named(ROOT)?, named(PROVIDER)?);
    let mut graph = BTreeMap::new();
    for root in [own, provider] {
        walk(text(&root["id"]), &nodes, &packages, compiled, &mut graph);
    }
    let of_provider = graph.remove(text(&provider["id"])).unwrap_or_default();
    graph.entry(text(&own["id"])).or_default().extend(of_provider);
    let crates = graph.keys().filter(|id| **id != text(&own["id"])).map(|id| krate(packages[id], checksums));
    let console: Vec<Value> = console(lock)?;
    let mut dependencies: Vec<Value> = graph
        .iter()
        .map(|(id, on)| json!({ "ref": purl(packages[id]), "dependsOn": on.iter().map(|id| purl(packages[id])).collect::<Vec<_>>() }))
        .collect();
    for package in &console {
        let on_own = dependencies.iter_mut().find(|entry| entry["ref"] == purl(own).as_str());
        let on = on_own
            .and_then(|entry| entry["dependsOn"].as_array_mut())
            .context("the component is missing from its own graph")?;
        on.push(package["bom-ref"].clone());
    }
    let component = json!({ "type": "application", "bom-ref": purl(own), "name": ROOT, "version": own["version"],
        "description": own["description"], "purl": purl(own), "licenses": [{ "expression": own["license"] }] });
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": component },
        "components": crates.chain(console).collect::<Vec<_>>(),
        "dependencies": dependencies,
    }))
}

/// Collects the crates whose code is in the component, each with the crates it uses. Procedural macros are left out:
/// only their output is compiled in.
fn walk<'a>(
    id: &'a str,
    nodes: &BTreeMap<&str, &'a Value>,
    packages: &BTreeMap<&str, &Value>,
    compiled: &BTreeSet<String>,
    graph: &mut BTreeMap<&'a str, BTreeSet<&'a str>>,
) {
    if graph.contains_key(id) {
        return;
    }
    let is_compiled = |id: &&str| {
        let package = packages[id];
        compiled.contains(&format!("{} v{}", text(&package["name"]), text(&package["version"])))
    };
    let is_normal = |used: &&Value| list(&used["dep_kinds"]).any(|kind| kind["kind"].is_null());
    let used = list(&nodes[id]["deps"]).filter(is_normal).map(|used| text(&used["pkg"])).filter(is_compiled);
    let used: BTreeSet<&str> = used.collect();
    graph.insert(id, used.clone());
    for id in used {
        walk(id, nodes, packages, compiled, graph);
    }
}

fn krate(package: &Value, checksums: &Checksums) -> Value {
    let (name, version) = (text(&package["name"]), text(&package["version"]));
    let mut component = json!({ "type": "library", "bom-ref": purl(package), "name": name, "version": version,
        "purl": purl(package) });
    if let Some(license) = package["license"].as_str() {
        // Old crates separate licences with a slash instead of an SPDX expression.
        component["licenses"] = json!([{ "expression": license.replace('/', " OR ").replace("  ", " ") }]);
    }
    if let Some(sum) = checksums.get(&(name.to_owned(), version.to_owned())) {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": sum }]);
    }
    component
}

/// Returns the console's libraries: the packages in package.json that are not for development.
fn console(lock: &Value) -> Result<Vec<Value>> {
    let packages = lock["packages"].as_object().context("package-lock.json has no packages")?;
    let shipped = packages
        .iter()
        .filter(|(path, package)| !path.is_empty() && package["dev"] != true && package["devOptional"] != true);
    let component = |(path, package): (&String, &Value)| {
        let name = path.rsplit("node_modules/").next().unwrap_or_default();
        let version = text(&package["version"]);
        let purl = format!("pkg:npm/{}@{version}", name.replace('@', "%40"));
        let sum = text(&package["integrity"]).strip_prefix("sha512-").context("a package has its SHA-512")?;
        let sum: String = BASE64.decode(sum)?.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(json!({ "type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
            "licenses": [{ "expression": package["license"] }], "hashes": [{ "alg": "SHA-512", "content": sum }] }))
    };
    shipped.map(component).collect()
}

type Checksums = BTreeMap<(String, String), String>;

fn checksums(lock: &str) -> Result<Checksums> {
    let document: DocumentMut = lock.parse().context("Cargo.lock is not TOML")?;
    let packages = document["package"].as_array_of_tables().context("Cargo.lock has no packages")?;
    let entry = |package: &toml_edit::Table| {
        let field = |name: &str| package.get(name).and_then(|item| item.as_str()).map(str::to_owned);
        Some(((field("name")?, field("version")?), field("checksum")?))
    };
    Ok(packages.iter().filter_map(entry).collect())
}

fn purl(package: &Value) -> String {
    format!("pkg:cargo/{}@{}", text(&package["name"]), text(&package["version"]))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_component_is_made_of_what_cargo_compiles_into_it() {
        let written: Value = serde_json::from_str(&write(&crate::root()).unwrap()).unwrap();
        let names: Vec<&str> = list(&written["components"]).map(|component| text(&component["name"])).collect();
        for (name, is_there) in [
            ("url", true),
            ("spin-sdk", true),
            ("preact", true),
            ("rustls", true),
            ("tungstenite", true),
            ("ring", false),
            ("spin-websocket", false),
            ("serde_derive", false),
            ("rusqlite", false),
            ("wrangler", false),
        ] {
            assert_eq!(names.contains(&name), is_there, "{name}: {names:?}");
        }
        let refs: BTreeSet<&str> = list(&written["components"]).map(|component| text(&component["bom-ref"])).collect();
        for entry in list(&written["dependencies"]) {
            assert!(list(&entry["dependsOn"]).all(|on| refs.contains(text(on))), "{entry}");
        }
        let unhashed = list(&written["components"]).filter(|component| component["hashes"].is_null()).count();
        assert_eq!(unhashed, 0);
    }
}
