//! Composes the file that Spin runs: the gateway and the component that opens its WebSockets.

use anyhow::{Context, Result};
use wac_graph::{CompositionGraph, EncodeOptions, plug, types::Package};

/// Connects the exports of `provider` to the imports of `socket`. All other imports of both stay imports.
pub fn compose(socket: &[u8], provider: &[u8]) -> Result<Vec<u8>> {
    let mut graph = CompositionGraph::new();
    let mut register = |name: &str, bytes: &[u8]| {
        let package = Package::from_bytes(name, None, bytes.to_vec(), graph.types_mut())?;
        Ok::<_, anyhow::Error>(graph.register_package(package)?)
    };
    let (socket, provider) = (register("socket", socket)?, register("provider", provider)?);
    plug(&mut graph, vec![provider], socket).context("the provider's exports do not match the socket's imports")?;
    // Without the tool's name and version, so that the build is reproducible.
    graph.encode(EncodeOptions { processor: None, ..EncodeOptions::default() }).context("the components do not compose")
}
