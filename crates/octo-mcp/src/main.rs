//! Model Context Protocol server of OctoMesh.
fn main() {}
