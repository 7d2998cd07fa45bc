//! Typed HTTP clients of the OctoMesh backend services.
