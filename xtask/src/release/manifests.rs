//! Writes the two manifests of a release: the repository's own, but with the attached files instead of a build.

use anyhow::{Context, Result};
use toml_edit::{DocumentMut, value};

/// Returns spin.toml with a built component beside the manifest instead of the build.
pub fn spin(manifest: &str, component: &str) -> Result<String> {
    let mut document: DocumentMut = manifest.parse().context("spin.toml is not TOML")?;
    let table = document["component"]["grok2api"].as_table_mut().context("spin.toml has no component grok2api")?;
    table["source"] = value(component);
    table.remove("build").context("spin.toml has no build of the component")?;
    Ok(document.to_string())
}

/// Returns wrangler.toml with a bundled script, and the folder of the console's files if the Worker serves them.
pub fn worker(manifest: &str, script: &str, assets: &str) -> Result<String> {
    let mut document: DocumentMut = manifest.parse().context("wrangler.toml is not TOML")?;
    document["main"] = value(script);
    document["no_bundle"] = value(true);
    document.remove("minify");
    if let Some(table) = document.get_mut("assets").and_then(|item| item.as_table_like_mut()) {
        table.insert("directory", value(assets));
    }
    Ok(document.to_string())
}

/// Returns the folder of the console's files, `None` if the Worker does not serve them.
pub fn assets(manifest: &str) -> Result<Option<String>> {
    let document: DocumentMut = manifest.parse().context("wrangler.toml is not TOML")?;
    let directory = document.get("assets").and_then(|assets| assets.get("directory"));
    Ok(directory.and_then(|directory| directory.as_str()).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(file: &str) -> String {
        std::fs::read_to_string(crate::root().join(file)).unwrap()
    }

    #[test]
    fn spin_takes_the_attached_component_and_builds_nothing() {
        let text = spin(&own("spin.toml"), "grok2api.wasm").unwrap();
        let document: DocumentMut = text.parse().unwrap();
        let component = &document["component"]["grok2api"];
        assert_eq!(component["source"].as_str(), Some("grok2api.wasm"));
        assert!(component.get("build").is_none() && component.get("variables").is_some(), "{text}");
        assert!(!text.contains("target/") && !text.contains("cargo"), "{text}");
    }

    #[test]
    fn wrangler_takes_the_bundle_as_it_is() {
        let text = worker(&own("wrangler.toml"), "worker.js", "console").unwrap();
        let document: DocumentMut = text.parse().unwrap();
        assert_eq!((document["main"].as_str(), document["no_bundle"].as_bool()), (Some("worker.js"), Some(true)));
        assert_eq!(document["d1_databases"][0]["migrations_dir"].as_str(), Some("migrations"));
        let with_assets = worker("[assets]\ndirectory = \"static\"\n", "worker.js", "console").unwrap();
        assert_eq!(assets(&with_assets).unwrap().as_deref(), Some("console"));
    }
}
