//! Runtime entities of OctoMesh tenants: values, queries, associations and their stores.
