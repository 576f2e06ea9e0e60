//! Compares the imports and exports of a component with a world in `wit/`.

use std::collections::BTreeSet;
use std::fmt;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use wit_parser::{Resolve, WorldId};

/// An interface that a host offers: name, major and minor version. Patch versions differ by toolchain and do not affect
/// compatibility.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Interface {
    name: String,
    version: String,
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = if self.version.is_empty() { "" } else { "@" };
        write!(f, "{}{at}{}", self.name, self.version)
    }
}

/// Returns the interface of a key: `wasi:http/types@0.3.1` is `wasi:http/types` at `0.3`.
pub fn interface_of(id: &str) -> Interface {
    let (name, version) = id.split_once('@').unwrap_or((id, ""));
    let end = version.match_indices('.').nth(1).map_or(version.len(), |(at, _)| at);
    Interface { name: name.to_owned(), version: version[..end].to_owned() }
}

/// The interfaces on one side of a world.
type Interfaces = BTreeSet<Interface>;

/// Fails, naming the interfaces, unless a component imports and exports exactly what the world in this file declares.
pub fn check(root: &Path, file: &str, resolve: &Resolve, world: WorldId) -> Result<()> {
    let declared = fs::read_to_string(root.join(file)).with_context(|| format!("cannot read {file}"))?;
    let world = &resolve.worlds[world];
    let names = |keys: Vec<String>| keys.iter().map(|key| interface_of(key)).collect::<Interfaces>();
    let imports = names(world.imports.keys().map(|key| resolve.name_world_key(key)).collect());
    let exports = names(world.exports.keys().map(|key| resolve.name_world_key(key)).collect());
    let mut faults = Vec::new();
    compare("import", &imports, &items(&declared, "import"), &mut faults);
    compare("export", &exports, &items(&declared, "export"), &mut faults);
    if faults.is_empty() {
        return Ok(());
    }
    bail!("the component and {file} differ:\n  {}", faults.join("\n  "));
}

fn compare(side: &str, built: &Interfaces, declared: &Interfaces, faults: &mut Vec<String>) {
    for interface in built.difference(declared) {
        faults.push(format!(
            "{side} {interface} is in the component but not in the world: remove its use, or add it and support it on each host"
        ));
    }
    for interface in declared.difference(built) {
        faults.push(format!("{side} {interface} is in the world but unused: remove the line"));
    }
}

/// Returns the interfaces that lines such as `import wasi:http/types@0.3.0;` name.
fn items(wit: &str, side: &str) -> Interfaces {
    wit.lines()
        .filter_map(|line| line.trim().strip_prefix(side)?.strip_prefix(' '))
        .filter_map(|rest| rest.split(';').next())
        .map(|id| interface_of(id.trim()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORLD: &str = "world gateway {\n  // import wasi:no/no@1.0.0;\n  import wasi:http/types@0.3.0;\n  \
                         import spin:sqlite/sqlite@3.1.0; // why\n  export wasi:http/handler@0.3.0;\n}";

    fn set(ids: &[&str]) -> Interfaces {
        ids.iter().map(|id| interface_of(id)).collect()
    }

    #[test]
    fn items_are_the_lines_of_one_side() {
        assert_eq!(items(WORLD, "import"), set(&["wasi:http/types@0.3.0", "spin:sqlite/sqlite@3.1.0"]));
        assert_eq!(items(WORLD, "export"), set(&["wasi:http/handler@0.3.0"]));
    }

    #[test]
    fn patch_versions_do_not_count_and_minor_ones_do() {
        assert_eq!(interface_of("wasi:io/poll@0.2.6"), interface_of("wasi:io/poll@0.2.12"));
        assert_ne!(interface_of("spin:sqlite/sqlite@3.1.0"), interface_of("spin:sqlite/sqlite@3.0.0"));
        assert_eq!(interface_of("wasi:io/poll@0.2.6").to_string(), "wasi:io/poll@0.2");
    }

    #[test]
    fn both_differences_are_named() {
        let mut faults = Vec::new();
        compare("import", &set(&["a:b/c@1.0.0"]), &set(&["a:b/d@1.0.0"]), &mut faults);
        assert_eq!(faults.len(), 2);
        assert!(faults[0].starts_with("import a:b/c@1.0 is in the component"));
        assert!(faults[1].starts_with("import a:b/d@1.0 is in the world"));
    }
}
