//! Decodes a built component into its world and the core module that a JavaScript host runs.

use anyhow::{Context, Result, bail};
use wasmparser::{ExternalKind, Parser, Payload, TypeRef};
use wit_parser::decoding::DecodedWasm;
use wit_parser::{Resolve, WorldId};

/// One import of the core module, under the two names that wit-component mangled it to.
pub struct CoreImport {
    pub module: String,
    pub name: String,
}

/// A component and the parts that this build needs.
pub struct Component {
    pub resolve: Resolve,
    pub world: WorldId,
    /// The module that owns the linear memory. The rest of a component is glue that only a component-model engine needs.
    pub core: Vec<u8>,
    pub imports: Vec<CoreImport>,
    pub exports: Vec<String>,
}

impl Component {
    /// Decodes a built component; fails if it has not exactly one module with a memory.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let (resolve, world) = decode_world(bytes)?;
        let core = main_module(bytes)?;
        let (mut imports, mut exports) = (Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(core) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        if !matches!(import.ty, TypeRef::Func(_)) {
                            bail!("{} {} is not a function", import.module, import.name);
                        }
                        imports.push(CoreImport { module: import.module.to_owned(), name: import.name.to_owned() });
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        exports.push(export?.name.to_owned());
                    }
                }
                _ => {}
            }
        }
        Ok(Self { resolve, world, core: without_custom_sections(core)?, imports, exports })
    }
}

/// Decodes the component's world: its imports and exports.
pub fn decode_world(bytes: &[u8]) -> Result<(Resolve, WorldId)> {
    match wit_parser::decoding::decode(bytes).context("the component's WIT could not be decoded")? {
        DecodedWasm::Component(resolve, world) => Ok((resolve, world)),
        DecodedWasm::WitPackage(..) => bail!("cargo wrote a WIT package where a component was expected"),
    }
}

/// Returns the bytes of the one core module that defines and exports `memory`.
fn main_module(component: &[u8]) -> Result<&[u8]> {
    let mut found = None;
    for payload in Parser::new(0).parse_all(component) {
        let Payload::ModuleSection { unchecked_range, .. } = payload? else {
            continue;
        };
        let module = &component[unchecked_range];
        if exports_memory(module)? && found.replace(module).is_some() {
            bail!("the component holds two modules with a memory");
        }
    }
    found.context("the component holds no module that exports its memory")
}

fn exports_memory(module: &[u8]) -> Result<bool> {
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ExportSection(section) = payload? {
            for export in section {
                let export = export?;
                if export.kind == ExternalKind::Memory && export.name == "memory" {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}

/// Returns the module without its custom sections for names and producers, which Workers do not read.
fn without_custom_sections(module: &[u8]) -> Result<Vec<u8>> {
    const HEADER: usize = 8;
    let mut kept = module[..HEADER].to_vec();
    let mut at = HEADER;
    while at < module.len() {
        let (size, length) = leb128(&module[at + 1..])?;
        let end = at + 1 + length + size;
        if module[at] != 0 {
            kept.extend_from_slice(&module[at..end]);
        }
        at = end;
    }
    Ok(kept)
}

/// Returns an unsigned LEB128 number and its length in bytes.
fn leb128(bytes: &[u8]) -> Result<(usize, usize)> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(5).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok((value, at + 1));
        }
    }
    bail!("a section of the core module has no valid size")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn custom_sections_go_and_others_stay() {
        let module = [
            &b"\0asm\x01\0\0\0"[..],
            &[0, 3, 1, b'n', 9],    // custom section "n"
            &[1, 4, 1, 0x60, 0, 0], // one type
            &[0, 2, 1, b'p'],       // custom section "p"
        ]
        .concat();
        assert_eq!(without_custom_sections(&module).unwrap(), b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0");
    }

    #[test]
    fn sizes_may_take_several_bytes() {
        assert_eq!(leb128(&[0xe5, 0x8e, 0x26]).unwrap(), (624_485, 3));
        assert!(leb128(&[0x80, 0x80]).is_err());
    }
}
