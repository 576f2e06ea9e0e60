//! The developer commands: `cargo xtask build | up | test`.

fn main() {}
