//! Reads and writes inside a work.

use std::io::Read;

use octo_ck::{RtCkId, TypeGraph};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, ToSql, params};
use serde_json::{Map, Value as Json};

use super::{binaries, edges, failed, indexes, inserts, rows, select};
use crate::entity::{Association, Entity};
use crate::query::Page;
use crate::rt_id::RtId;
use crate::store::{
    EdgePage, EdgeQuery, EntityPatch, IndexDefinition, StoreError, StoreQuery, StoredBinary,
    StoredModel, WriteTransaction,
};
use crate::value::stored::{encode, encode_attributes};

pub(super) struct Transaction<'c> {
    connection: &'c Connection,
    graph: &'c TypeGraph,
}

impl<'c> Transaction<'c> {
    pub(super) fn new(connection: &'c Connection, graph: &'c TypeGraph) -> Self {
        Self { connection, graph }
    }

    fn execute(
        &self,
        operation: &'static str,
        sql: &str,
        parameters: impl rusqlite::Params,
    ) -> Result<usize, StoreError> {
        let run = || self.connection.prepare_cached(sql)?.execute(parameters);
        run().map_err(failed(operation))
    }

    fn stored_attributes(&self, rt_id: RtId) -> Result<Map<String, Json>, StoreError> {
        let read = || {
            self.connection
                .prepare_cached("SELECT attributes FROM entity WHERE rt_id = ?1")?
                .query_row([rt_id.as_bytes()], |row| row.get::<_, String>(0))
        };
        let text = read().map_err(failed("update"))?;
        serde_json::from_str(&text).map_err(|error| StoreError::Corrupt {
            what: format!("entity {rt_id}"),
            message: error.to_string(),
        })
    }

    /// Collection root under which entities of a type are found.
    fn root(&self, ck_type: &RtCkId) -> String {
        let node = self.graph.type_node(ck_type);
        let root = node.and_then(|node| node.collection_root.as_ref());
        root.unwrap_or(ck_type).to_string()
    }

    // Attributes the patch does not name are kept as they are stored, also those the current model
    // does not know.
    fn patched_attributes(&self, patch: &EntityPatch) -> Result<Option<String>, StoreError> {
        if patch.set.is_empty() && patch.clear.is_empty() {
            return Ok(None);
        }
        let mut stored = self.stored_attributes(patch.rt_id)?;
        for name in &patch.clear {
            stored.remove(&octo_ck::id::camel_case(name));
        }
        for (name, value) in patch.set.iter() {
            stored.insert(octo_ck::id::camel_case(name), encode(value));
        }
        Ok(Some(Json::Object(stored).to_string()))
    }
}

impl WriteTransaction for Transaction<'_> {
    fn entity(&mut self, rt_id: RtId) -> Result<Option<Entity>, StoreError> {
        rows::entity(self.connection, self.graph, rt_id)
    }

    fn query(&mut self, query: &StoreQuery) -> Result<Page<Entity>, StoreError> {
        select::page(self.connection, self.graph, query)
    }

    fn find_ids(&mut self, query: &StoreQuery) -> Result<Vec<RtId>, StoreError> {
        select::ids(self.connection, query)
    }

    fn taken_ids(&mut self, rt_ids: &[RtId]) -> Result<Vec<RtId>, StoreError> {
        inserts::taken(self.connection, rt_ids)
    }

    fn batch(
        &mut self,
        ck_type: &RtCkId,
        after: Option<RtId>,
        limit: usize,
    ) -> Result<Vec<Entity>, StoreError> {
        rows::batch(self.connection, self.graph, ck_type, after, limit)
    }

    fn edges(
        &mut self,
        query: &EdgeQuery,
        page: &EdgePage,
    ) -> Result<Vec<Association>, StoreError> {
        edges::find(self.connection, self.graph, query, page)
    }

    fn edge(
        &mut self,
        origin: RtId,
        role: &RtCkId,
        target: RtId,
    ) -> Result<Option<Association>, StoreError> {
        edges::between(self.connection, self.graph, origin, role, target)
    }

    fn insert(&mut self, entity: &Entity) -> Result<(), StoreError> {
        inserts::insert(self.connection, self.graph, std::slice::from_ref(entity))
    }

    fn insert_all(&mut self, entities: &[Entity]) -> Result<(), StoreError> {
        inserts::insert(self.connection, self.graph, entities)
    }

    fn patch(&mut self, patch: &EntityPatch) -> Result<(), StoreError> {
        let mut columns = vec!["version = ?", "changed = ?"];
        let mut values: Vec<Box<dyn ToSql>> = vec![
            Box::new(signed(patch.version)),
            Box::new(patch.changed.as_millisecond()),
        ];
        let mut set = |column: &'static str, value: Box<dyn ToSql>| {
            columns.push(column);
            values.push(value);
        };
        if let Some(name) = &patch.well_known_name {
            set("well_known_name = ?", Box::new(name.clone()));
        }
        if let Some(name) = &patch.display_name {
            set("display_name = ?", Box::new(name.clone()));
        }
        if let Some(text) = &patch.display_description {
            set("display_description = ?", Box::new(text.clone()));
        }
        if let Some((state, archived)) = patch.state {
            set("state = ?", Box::new(state as i64));
            let archived = archived.map(|instant| instant.as_millisecond());
            set("archived = ?", Box::new(archived));
        }
        if let Some(attributes) = self.patched_attributes(patch)? {
            set("attributes = ?", Box::new(attributes));
        }
        values.push(Box::new(Sql::Blob(patch.rt_id.as_bytes().to_vec())));
        let sql = format!("UPDATE entity SET {} WHERE rt_id = ?", columns.join(", "));
        let changed = self.execute("update", &sql, rusqlite::params_from_iter(values))?;
        if changed == 1 {
            Ok(())
        } else {
            Err(StoreError::Failed {
                operation: "update",
                message: format!("there is no entity {}", patch.rt_id),
            })
        }
    }

    fn retype(&mut self, rt_id: RtId, ck_type: &RtCkId) -> Result<(), StoreError> {
        let (id, name) = (rt_id.as_bytes(), ck_type.to_string());
        self.execute(
            "retype",
            "UPDATE entity SET ck_type_id = ?2, root = ?3 WHERE rt_id = ?1",
            params![id, name, self.root(ck_type)],
        )?;
        for sql in [
            "UPDATE association SET origin_type = ?2 WHERE origin_id = ?1",
            "UPDATE association SET target_type = ?2 WHERE target_id = ?1",
        ] {
            self.execute("retype", sql, params![id, name])?;
        }
        Ok(())
    }

    fn erase(&mut self, rt_id: RtId) -> Result<(), StoreError> {
        // Its binaries go with it, see the tables.
        let sql = "DELETE FROM entity WHERE rt_id = ?1";
        self.execute("erase", sql, [rt_id.as_bytes()])?;
        Ok(())
    }

    fn insert_edge(&mut self, edge: &Association) -> Result<(), StoreError> {
        let attributes = (!edge.attributes.is_empty())
            .then(|| Json::Object(encode_attributes(&edge.attributes)).to_string());
        let target_attributes = (!edge.target_attributes.is_empty())
            .then(|| Json::from(edge.target_attributes.clone()).to_string());
        self.execute(
            "associate",
            "INSERT INTO association
                (association_id, role, origin_id, origin_type, target_id, target_type,
                 attributes, target_attributes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                edge.id.as_bytes(),
                edge.role.to_string(),
                edge.origin.rt_id.as_bytes(),
                edge.origin.ck_type_id.to_string(),
                edge.target.rt_id.as_bytes(),
                edge.target.ck_type_id.to_string(),
                attributes,
                target_attributes,
            ],
        )?;
        Ok(())
    }

    fn delete_edge(&mut self, id: RtId) -> Result<(), StoreError> {
        let sql = "DELETE FROM association WHERE association_id = ?1";
        self.execute("dissociate", sql, [id.as_bytes()])?;
        Ok(())
    }

    fn binary(&mut self, id: RtId) -> Result<Option<StoredBinary>, StoreError> {
        binaries::find(self.connection, id)
    }

    fn put_binary(
        &mut self,
        binary: &StoredBinary,
        content: &mut dyn Read,
    ) -> Result<(), StoreError> {
        binaries::put(self.connection, binary, content)
    }

    fn claim_binary(&mut self, id: RtId, owner: RtId) -> Result<(), StoreError> {
        binaries::claim(self.connection, id, owner)
    }

    fn delete_binary(&mut self, id: RtId) -> Result<(), StoreError> {
        binaries::delete(self.connection, id)
    }

    fn put_model(&mut self, model: &StoredModel) -> Result<(), StoreError> {
        self.execute(
            "store model",
            "INSERT INTO model (name, state, document) VALUES (?1, ?2, ?3)
             ON CONFLICT (name) DO UPDATE SET state = ?2, document = ?3",
            params![model.name, model.state as i64, model.document],
        )?;
        Ok(())
    }

    fn set_indexes(&mut self, wanted: &[IndexDefinition]) -> Result<(), StoreError> {
        indexes::set(self.connection, wanted)
    }
}

pub(super) fn signed(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}
