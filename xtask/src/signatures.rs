//! Writes the component's WIT as a JavaScript module for the shim: the meaning of every import of the core module, and
//! the memory layout of every type that crosses it. No offset in `cloudflare/` is written by hand.

use std::collections::HashMap;
use std::fmt::Write;

use anyhow::{Context, Result, bail, ensure};
use wit_parser::abi::{AbiVariant, FlatTypes, WasmType};
use wit_parser::{Function, Handle, Int, Resolve, SizeAlign, Type, TypeDefKind, TypeId, WorldItem};

use crate::component::{Component, CoreImport};
use crate::world::{Interface, interface_of};

const HEAD: &str = "// Written by `cargo xtask build` from the component's WIT. Do not edit.\n\
                    import * as t from \"../abi/types.mjs\";\n\n";

/// Returns the whole module: types, then the import table, then the exported functions.
pub fn generate(component: &Component) -> Result<String> {
    let mut types = Types::new(&component.resolve);
    let functions = Functions::of(component);
    let mut imports = String::new();
    let mut module = None;
    let mut sorted: Vec<_> = component.imports.iter().collect();
    sorted.sort_by_key(|import| &import.module);
    for import in sorted {
        if module != Some(&import.module) {
            let end = if module.is_some() { "  },\n" } else { "" };
            writeln!(imports, "{end}  {}: {{", quoted(&import.module))?;
            module = Some(&import.module);
        }
        let meaning = meaning(import, &functions, &mut types)
            .with_context(|| format!("import {} {}", import.module, import.name))?;
        writeln!(imports, "    {}: {meaning},", quoted(&import.name))?;
    }
    if module.is_some() {
        imports.push_str("  },\n");
    }
    let exports = exports(component, &functions, &mut types)?;
    Ok(format!(
        "{HEAD}{}\nexport const imports = {{\n{imports}}};\n\nexport const exports = {{\n{exports}}};\n",
        types.declarations
    ))
}

/// Every function of the world, by interface (without patch version) and by name.
struct Functions<'a> {
    imported: HashMap<(Interface, &'a str), &'a Function>,
    exported: Vec<(String, &'a Function)>,
}

impl<'a> Functions<'a> {
    fn of(component: &'a Component) -> Self {
        let resolve = &component.resolve;
        let world = &resolve.worlds[component.world];
        let mut imported = HashMap::new();
        let mut exported = Vec::new();
        for (key, item) in &world.imports {
            if let WorldItem::Interface { id, .. } = item {
                let interface = interface_of(&resolve.name_world_key(key));
                for (name, function) in &resolve.interfaces[*id].functions {
                    imported.insert((interface.clone(), name.as_str()), function);
                }
            }
        }
        for (key, item) in &world.exports {
            if let WorldItem::Interface { id, .. } = item {
                for function in resolve.interfaces[*id].functions.values() {
                    exported.push((resolve.name_world_key(key), function));
                }
            }
        }
        Self { imported, exported }
    }
}

/// Returns the meaning of one import of the core module, as the JavaScript value that the linker reads.
fn meaning(import: &CoreImport, functions: &Functions, types: &mut Types) -> Result<String> {
    let (asynchronous, name) = match import.name.strip_prefix("[async-lower]") {
        Some(rest) => (true, rest),
        None => (false, import.name.as_str()),
    };
    if let Some(resource) = name.strip_prefix("[resource-drop]") {
        return Ok(format!("{{ op: \"resource.drop\", resource: {} }}", quoted(resource)));
    }
    if let Some(export) = name.strip_prefix("[task-return]") {
        let module = import.module.trim_start_matches("[export]");
        let (_, function) = functions
            .exported
            .iter()
            .find(|(interface, function)| interface == module && function.name == export)
            .context("returns from a function that is not an export of the world")?;
        let result = types.optional(function.result.as_ref())?;
        return Ok(format!("{{ op: \"task.return\", result: {result} }}"));
    }
    if let Some(builtin) = builtin(name)? {
        let blocks = builtin.ends_with(".read") || builtin.ends_with(".write");
        ensure!(asynchronous || !blocks, "would block, which Workers do not support");
        return Ok(quoted(&builtin));
    }
    let interface = interface_of(&import.module);
    let function = functions.imported.get(&(interface.clone(), name)).context("is not in the component's own WIT")?;
    ensure!(asynchronous || !function.kind.is_async(), "is called synchronously, which Workers do not support");
    types.call(&interface, function, asynchronous)
}

/// Returns the built-in of the canonical ABI: `[stream-read-0]f` is `stream.read`. The handle identifies the stream, not
/// the import's name.
fn builtin(name: &str) -> Result<Option<String>> {
    let Some((inner, _)) = name.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        return Ok(None);
    };
    let plain = inner.trim_end_matches("-unit").trim_end_matches(|c: char| c == '-' || c.is_ascii_digit());
    for kind in ["stream", "future", "waitable-set", "subtask"] {
        if let Some(operation) = plain.strip_prefix(kind).and_then(|o| o.strip_prefix('-')) {
            return Ok(Some(format!("{kind}.{operation}")));
        }
    }
    Ok(match inner {
        "waitable-join" => Some("waitable.join".to_owned()),
        "context-get-0" => Some("context.get".to_owned()),
        "context-set-0" => Some("context.set".to_owned()),
        "task-cancel" => Some("task.cancel".to_owned()),
        "thread-yield" => Some("thread.yield".to_owned()),
        "backpressure-inc" => Some("backpressure.inc".to_owned()),
        "backpressure-dec" => Some("backpressure.dec".to_owned()),
        "method" | "static" | "constructor" => None,
        _ => bail!("is a built-in that the shim does not support"),
    })
}

fn exports(component: &Component, functions: &Functions, types: &mut Types) -> Result<String> {
    let mut out = String::new();
    for (interface, function) in &functions.exported {
        let start = format!("[async-lift]{interface}#{}", function.name);
        let callback = format!("[callback]{start}");
        for name in [&start, &callback, &"memory".to_owned(), &"cabi_realloc".to_owned()] {
            ensure!(component.exports.contains(name), "the core module does not export {name}");
        }
        let params = types.params(function)?;
        writeln!(
            out,
            "  {}: {{ start: {}, callback: {}, params: {params} }},",
            quoted(&format!("{}#{}", interface_of(interface), function.name)),
            quoted(&start),
            quoted(&callback),
        )?;
    }
    Ok(out)
}

/// Declares each type once, before its first use.
struct Types<'a> {
    resolve: &'a Resolve,
    sizes: SizeAlign,
    names: HashMap<TypeId, String>,
    by_text: HashMap<String, String>,
    declarations: String,
}

impl<'a> Types<'a> {
    fn new(resolve: &'a Resolve) -> Self {
        let mut sizes = SizeAlign::default();
        sizes.fill(resolve);
        Self { resolve, sizes, names: HashMap::new(), by_text: HashMap::new(), declarations: String::new() }
    }

    fn call(&mut self, interface: &Interface, function: &Function, asynchronous: bool) -> Result<String> {
        let variant = if asynchronous { AbiVariant::GuestImportAsync } else { AbiVariant::GuestImport };
        let signature = self.resolve.wasm_signature(variant, function);
        Ok(format!(
            "{{ op: {}, interface: {}, name: {}, params: {}, spilled: {}, result: {}, pointer: {} }}",
            quoted(if asynchronous { "call.async" } else { "call" }),
            quoted(&interface.to_string()),
            quoted(&function.name),
            self.params(function)?,
            signature.indirect_params,
            self.optional(function.result.as_ref())?,
            signature.retptr,
        ))
    }

    fn params(&mut self, function: &Function) -> Result<String> {
        let types: Vec<Type> = function.params.iter().map(|param| param.ty).collect();
        let params = self.tuple(&types)?;
        Ok(self.declare(params))
    }

    fn optional(&mut self, ty: Option<&Type>) -> Result<String> {
        ty.map_or(Ok("null".to_owned()), |ty| self.name(ty))
    }

    /// Returns the JavaScript expression for a type; declares the type when it is new.
    fn name(&mut self, ty: &Type) -> Result<String> {
        let plain = match ty {
            Type::Bool => "t.bool",
            Type::U8 => "t.u8",
            Type::U16 => "t.u16",
            Type::U32 => "t.u32",
            Type::U64 => "t.u64",
            Type::S8 => "t.s8",
            Type::S16 => "t.s16",
            Type::S32 => "t.s32",
            Type::S64 => "t.s64",
            Type::F32 => "t.f32",
            Type::F64 => "t.f64",
            Type::Char => "t.char",
            Type::String => "t.string",
            Type::ErrorContext => bail!("error-context is not supported by the shim"),
            Type::Id(id) => return self.defined(*id),
        };
        Ok(plain.to_owned())
    }

    fn defined(&mut self, id: TypeId) -> Result<String> {
        if let Some(name) = self.names.get(&id) {
            return Ok(name.clone());
        }
        let resolve = self.resolve;
        let expression = match &resolve.types[id].kind {
            TypeDefKind::Type(ty) => return self.name(ty),
            TypeDefKind::Record(record) => {
                let types: Vec<Type> = record.fields.iter().map(|field| field.ty).collect();
                let mut fields = Vec::new();
                for (field, (offset, ty)) in record.fields.iter().zip(self.sizes.field_offsets(&types)) {
                    fields.push(format!("[{}, {}, {}]", quoted(&field.name), offset.size_wasm32(), self.name(ty)?));
                }
                format!("t.record({}, [{}])", self.size(id), fields.join(", "))
            }
            TypeDefKind::Tuple(tuple) => self.tuple(&tuple.types)?,
            TypeDefKind::Variant(variant) => {
                let cases: Vec<_> = variant.cases.iter().map(|case| case.ty.as_ref()).collect();
                let mut written = Vec::new();
                for case in &variant.cases {
                    written.push(format!("[{}, {}]", quoted(&case.name), self.optional(case.ty.as_ref())?));
                }
                format!("t.variant({}, [{}])", self.layout(id, variant.tag(), &cases), written.join(", "))
            }
            TypeDefKind::Enum(cases) => {
                let names: Vec<_> = cases.cases.iter().map(|case| quoted(&case.name)).collect();
                format!("t.enumeration({}, [{}])", self.size(id), names.join(", "))
            }
            TypeDefKind::Option(ty) => {
                let layout = self.layout(id, Int::U8, &[None, Some(ty)]);
                format!("t.option({layout}, {})", self.name(ty)?)
            }
            TypeDefKind::Result(result) => {
                let (ok, err) = (result.ok.as_ref(), result.err.as_ref());
                let layout = self.layout(id, Int::U8, &[ok, err]);
                format!("t.result({layout}, {}, {})", self.optional(ok)?, self.optional(err)?)
            }
            TypeDefKind::List(ty) => format!("t.list({})", self.name(ty)?),
            TypeDefKind::Stream(ty) => format!("t.stream({})", self.optional(ty.as_ref())?),
            TypeDefKind::Future(ty) => format!("t.future({})", self.optional(ty.as_ref())?),
            TypeDefKind::Handle(Handle::Own(resource)) => format!("t.own({})", self.resource(*resource)),
            TypeDefKind::Handle(Handle::Borrow(resource)) => format!("t.borrow({})", self.resource(*resource)),
            other => bail!("{} is not supported by the shim", other.as_str()),
        };
        let name = self.declare(expression);
        self.names.insert(id, name.clone());
        Ok(name)
    }

    fn tuple(&mut self, types: &[Type]) -> Result<String> {
        let whole = self.sizes.record(types);
        let mut fields = Vec::new();
        for (offset, ty) in self.sizes.field_offsets(types) {
            fields.push(format!("[{}, {}]", offset.size_wasm32(), self.name(ty)?));
        }
        Ok(format!("t.tuple([{}, {}], [{}])", whole.size.size_wasm32(), whole.align.align_wasm32(), fields.join(", ")))
    }

    /// Declares a type; equal types share one declaration.
    fn declare(&mut self, expression: String) -> String {
        if let Some(name) = self.by_text.get(&expression) {
            return name.clone();
        }
        let name = format!("t{}", self.by_text.len());
        self.declarations.push_str(&format!("const {name} = {expression};\n"));
        self.by_text.insert(expression, name.clone());
        name
    }

    fn size(&self, id: TypeId) -> String {
        let ty = Type::Id(id);
        format!("[{}, {}]", self.sizes.size(&ty).size_wasm32(), self.sizes.align(&ty).align_wasm32())
    }

    /// Returns `[size, alignment, bytes of the tag, offset of the payload, flat types]`.
    fn layout(&self, id: TypeId, tag: Int, cases: &[Option<&Type>]) -> String {
        let ty = Type::Id(id);
        let tag_size = match tag {
            Int::U8 => 1,
            Int::U16 => 2,
            Int::U32 => 4,
            Int::U64 => 8,
        };
        format!(
            "[{}, {}, {tag_size}, {}, {}]",
            self.sizes.size(&ty).size_wasm32(),
            self.sizes.align(&ty).align_wasm32(),
            self.sizes.payload_offset(tag, cases.iter().copied()).size_wasm32(),
            quoted(&self.flat(&ty)),
        )
    }

    /// Returns the core types that a value is passed as, one letter each.
    fn flat(&self, ty: &Type) -> String {
        let mut storage = [WasmType::I32; 64];
        let mut flat = FlatTypes::new(&mut storage);
        self.resolve.push_flat(ty, &mut flat);
        let letter = |ty: &WasmType| match ty {
            WasmType::I32 | WasmType::Pointer | WasmType::Length => 'i',
            WasmType::I64 | WasmType::PointerOrI64 => 'l',
            WasmType::F32 => 'f',
            WasmType::F64 => 'd',
        };
        flat.to_vec().iter().map(letter).collect()
    }

    fn resource(&self, id: TypeId) -> String {
        let mut id = id;
        while let TypeDefKind::Type(Type::Id(of)) = self.resolve.types[id].kind {
            id = of;
        }
        quoted(self.resolve.types[id].name.as_deref().unwrap_or_default())
    }
}

/// Returns a JavaScript string literal. WIT names are ASCII without quotes, so Rust's literal is valid JavaScript.
fn quoted(text: &str) -> String {
    format!("{text:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_builtin_has_its_name() {
        for (import, name) in [
            ("[stream-read-0]read-body", "stream.read"),
            ("[future-drop-writable-1]f", "future.drop-writable"),
            ("[waitable-join]", "waitable.join"),
            ("[thread-yield]", "thread.yield"),
            ("[backpressure-inc]", "backpressure.inc"),
            ("[backpressure-dec]", "backpressure.dec"),
        ] {
            assert_eq!(builtin(import).unwrap().as_deref(), Some(name));
        }
        assert_eq!(builtin("[method]request.headers").unwrap(), None);
        assert!(builtin("[thread-switch-to]").is_err());
    }
}
