//! Reading types, attributes, records, enums and association roles, from sources and from
//! compiled models.
//!
//! An element whose id can be read is always kept, with neutral values in place of faulty ones, so
//! that one mistake does not make every reference to the element fail too.

use super::parts::{MULTIPLICITIES, VALUE_TYPES, enum_value, flag, index, meta_data, text};
use super::{Decoder, Object};
use crate::diagnostics::Code;
use crate::document::{Node, ScalarKind};
use crate::graph::position::{Kind, Part, Positions};
use crate::id::{CkId, CkModelId, ElementId};
use crate::model::{
    CkAssociationRole, CkAttribute, CkAttributeAssignment, CkEnum, CkRecord, CkType,
    CkTypeAssociation, Multiplicity, ValueType,
};

/// How references are written in a document.
pub(crate) trait References {
    /// The exact id a reference stands for, or why it stands for none. `Err(None)`: the reason is
    /// reported elsewhere.
    fn resolve(&self, text: &str) -> Result<CkId, Option<(Code, String)>>;

    /// Stands in for a base that could not be read.
    fn root_type(&self) -> Option<CkId>;

    /// Whether this is a compiled document, with computed members.
    fn is_compiled(&self) -> bool;

    /// Whether numbers and booleans stay such in default values.
    fn keeps_scalars(&self) -> bool;
}

/// Reads elements of one document.
pub(crate) struct Elements<'a> {
    pub(crate) model: &'a CkModelId,
    pub(crate) references: &'a dyn References,
    pub(crate) positions: &'a mut Positions,
}

impl Elements<'_> {
    /// A type.
    pub(crate) fn entity_type(&mut self, d: &mut Decoder<'_>, node: &Node) -> Option<CkType> {
        let mut o = d.object(node)?;
        let type_id = self.element_id(d, &mut o, "typeId", Kind::Type);
        let owner = type_id.as_ref().map(|id| (Kind::Type, self.id(id)));
        let owner = owner.as_ref();
        let base = self.base(d, &mut o, "derivedFromCkTypeId", owner);
        let is_final = flag(d, &mut o, "isFinal");
        let is_abstract = flag(d, &mut o, "isAbstract");
        let is_collection_root =
            self.references.is_compiled() && flag(d, &mut o, "isCollectionRoot");
        let description = text(d, &mut o, "description");
        let display_name_rule = self.rule(d, &mut o, "displayNameRule", owner, Part::NameRule);
        let display_description_rule = self.rule(
            d,
            &mut o,
            "displayDescriptionRule",
            owner,
            Part::DescriptionRule,
        );
        let attributes = self.assignments(d, &mut o, owner);
        let indexes = d.optional(&mut o, "indexes", |d, n| d.list(n, index));
        let associations = self.associations(d, &mut o, owner);
        let images = flag(d, &mut o, "enableChangeStreamPreAndPostImages");
        d.finish(o);
        Some(CkType {
            is_collection_root,
            type_id: type_id?,
            derived_from_ck_type_id: match base {
                Some(None) => self.references.root_type(),
                other => other.flatten(),
            },
            is_final,
            is_abstract,
            indexes,
            associations,
            enable_change_stream_pre_and_post_images: images,
            description,
            display_name_rule,
            display_description_rule,
            attributes,
        })
    }

    /// A record.
    pub(crate) fn record(&mut self, d: &mut Decoder<'_>, node: &Node) -> Option<CkRecord> {
        let mut o = d.object(node)?;
        let record_id = self.element_id(d, &mut o, "recordId", Kind::Record);
        let owner = record_id.as_ref().map(|id| (Kind::Record, self.id(id)));
        let base = self.base(d, &mut o, "derivedFromCkRecordId", owner.as_ref());
        let is_final = flag(d, &mut o, "isFinal");
        let is_abstract = flag(d, &mut o, "isAbstract");
        let description = text(d, &mut o, "description");
        let attributes = self.assignments(d, &mut o, owner.as_ref());
        // Accepted, but without effect on records: not carried over.
        flag(d, &mut o, "enableChangeStreamPreAndPostImages");
        d.finish(o);
        Some(CkRecord {
            record_id: record_id?,
            derived_from_ck_record_id: base.flatten(),
            is_final,
            is_abstract,
            description,
            attributes,
            enable_change_stream_pre_and_post_images: None,
        })
    }

    /// An attribute definition.
    pub(crate) fn attribute(&mut self, d: &mut Decoder<'_>, node: &Node) -> Option<CkAttribute> {
        let mut o = d.object(node)?;
        let id = self.element_id(d, &mut o, "id", Kind::Attribute);
        let value_type = d.required(&mut o, "valueType", |d, n| d.choice(n, VALUE_TYPES));
        let is_record = matches!(value_type, Some(ValueType::Record | ValueType::RecordArray));
        let record = self.used_reference(d, &mut o, "valueCkRecordId", is_record);
        let is_enum = value_type == Some(ValueType::Enum);
        let enum_id = self.used_reference(d, &mut o, "valueCkEnumId", is_enum);
        let is_faulty = record == Some(None) || enum_id == Some(None);
        let default_values = d.optional(&mut o, "defaultValues", |d, n| {
            d.list(n, |d, n| self.default_value(d, n))
        });
        let is_runtime_state = flag(d, &mut o, "isRuntimeState");
        let description = text(d, &mut o, "description");
        let meta_data = d.optional(&mut o, "metaData", |d, n| d.list(n, meta_data));
        d.finish(o);
        Some(CkAttribute {
            id: id?,
            value_type: value_type
                .filter(|_| !is_faulty)
                .unwrap_or(ValueType::String),
            value_ck_record_id: record.flatten(),
            value_ck_enum_id: enum_id.flatten(),
            default_values,
            is_runtime_state,
            description,
            meta_data,
        })
    }

    /// An enum.
    pub(crate) fn enumeration(&mut self, d: &mut Decoder<'_>, node: &Node) -> Option<CkEnum> {
        let mut o = d.object(node)?;
        let enum_id = self.element_id(d, &mut o, "enumId", Kind::Enum);
        let use_flags = flag(d, &mut o, "useFlags");
        let is_extensible = flag(d, &mut o, "isExtensible");
        let description = text(d, &mut o, "description");
        let id = enum_id.as_ref().map(|id| self.id(id));
        let mut count = 0;
        let values = d.optional(&mut o, "values", |d, n| {
            d.list(n, |d, n| {
                let value = enum_value(d, n)?;
                if let Some(id) = &id {
                    let part = Part::Value(count);
                    self.positions.note(Kind::Enum, id, part, d.at(n.line));
                }
                count += 1;
                Some(value)
            })
        });
        d.finish(o);
        Some(CkEnum {
            enum_id: enum_id?,
            use_flags,
            is_extensible,
            values: values.unwrap_or_default(),
            description,
        })
    }

    /// An association role.
    pub(crate) fn role(&mut self, d: &mut Decoder<'_>, node: &Node) -> Option<CkAssociationRole> {
        let multiplicity = |d: &mut Decoder<'_>, n: &Node| d.choice(n, MULTIPLICITIES);
        let mut o = d.object(node)?;
        let id = self.element_id(d, &mut o, "id", Kind::Role);
        let owner = id.as_ref().map(|id| (Kind::Role, self.id(id)));
        let inbound_name = d.required(&mut o, "inboundName", Decoder::text);
        let outbound_name = d.required(&mut o, "outboundName", Decoder::text);
        let inbound = d.required(&mut o, "inboundMultiplicity", multiplicity);
        let outbound = d.required(&mut o, "outboundMultiplicity", multiplicity);
        let attributes = self.assignments(d, &mut o, owner.as_ref());
        let description = text(d, &mut o, "description");
        d.finish(o);
        Some(CkAssociationRole {
            id: id?,
            inbound_name: inbound_name.unwrap_or_else(|| "Inbound".to_owned()),
            outbound_name: outbound_name.unwrap_or_else(|| "Outbound".to_owned()),
            inbound_multiplicity: inbound.unwrap_or(Multiplicity::N),
            outbound_multiplicity: outbound.unwrap_or(Multiplicity::N),
            attributes,
            description,
        })
    }

    fn id(&self, element: &ElementId) -> CkId {
        CkId::new(self.model.clone(), element.clone())
    }

    fn element_id(
        &mut self,
        d: &mut Decoder<'_>,
        o: &mut Object<'_>,
        key: &'static str,
        kind: Kind,
    ) -> Option<ElementId> {
        let line = o.peek(key).map_or(o.line, |node| node.line);
        let text = d.required(o, key, Decoder::text)?;
        match text.parse::<ElementId>() {
            Ok(id) => {
                let full = self.id(&id);
                self.positions.note(kind, &full, Part::Whole, d.at(line));
                Some(id)
            }
            Err(problem) => {
                let at = d.at(line);
                let text = format!("The {} id is not valid: {problem}.", kind.noun());
                d.diagnostics.report(kind.name_invalid(), &at, text);
                None
            }
        }
    }

    /// A base: `Some(None)` when it is there but faulty.
    fn base(
        &mut self,
        d: &mut Decoder<'_>,
        o: &mut Object<'_>,
        key: &'static str,
        owner: Option<&(Kind, CkId)>,
    ) -> Option<Option<CkId>> {
        let line = o.peek(key).map(|node| node.line);
        if let (Some((kind, id)), Some(line)) = (owner, line) {
            self.positions.note(*kind, id, Part::Base, d.at(line));
        }
        d.optional(o, key, |d, n| Some(self.reference(d, n)))
    }

    /// A reference that counts only when `is_used`: `Some(None)` when it is there but faulty.
    fn used_reference(
        &mut self,
        d: &mut Decoder<'_>,
        o: &mut Object<'_>,
        key: &'static str,
        is_used: bool,
    ) -> Option<Option<CkId>> {
        d.optional(o, key, |d, n| {
            Some(if is_used {
                self.reference(d, n)
            } else {
                d.text(n)
                    .and_then(|text| self.references.resolve(&text).ok())
            })
        })
    }

    fn reference(&mut self, d: &mut Decoder<'_>, node: &Node) -> Option<CkId> {
        let text = d.text(node)?;
        match self.references.resolve(&text) {
            Ok(id) => Some(id),
            Err(problem) => {
                if let Some((code, text)) = problem {
                    let at = d.at(node.line);
                    d.diagnostics.report(code, &at, text);
                }
                None
            }
        }
    }

    fn rule(
        &mut self,
        d: &mut Decoder<'_>,
        o: &mut Object<'_>,
        key: &'static str,
        owner: Option<&(Kind, CkId)>,
        part: Part,
    ) -> Option<String> {
        let line = o.peek(key).map(|node| node.line);
        if let (Some((kind, id)), Some(line)) = (owner, line) {
            self.positions.note(*kind, id, part, d.at(line));
        }
        d.optional(o, key, Decoder::text)
    }

    fn assignments(
        &mut self,
        d: &mut Decoder<'_>,
        o: &mut Object<'_>,
        owner: Option<&(Kind, CkId)>,
    ) -> Option<Vec<CkAttributeAssignment>> {
        let mut count = 0;
        d.optional(o, "attributes", |d, n| {
            d.list(n, |d, n| {
                let assignment = self.assignment(d, n)?;
                if let Some((kind, id)) = owner {
                    let part = Part::Assignment(count);
                    self.positions.note(*kind, id, part, d.at(n.line));
                }
                count += 1;
                Some(assignment)
            })
        })
    }

    fn assignment(&mut self, d: &mut Decoder<'_>, node: &Node) -> Option<CkAttributeAssignment> {
        let mut o = d.object(node)?;
        let id = d.required(&mut o, "id", |d, n| self.reference(d, n));
        let name = d.required(&mut o, "name", Decoder::text);
        let is_optional = flag(d, &mut o, "isOptional");
        let auto_increment_reference = text(d, &mut o, "autoIncrementReference");
        let auto_complete_values = d.optional(&mut o, "autoCompleteValues", |d, n| {
            d.list(n, |d, n| Some(d.scalar(n)?.text.clone()))
        });
        d.finish(o);
        Some(CkAttributeAssignment {
            id: id?,
            name: name?,
            auto_increment_reference,
            is_optional,
            auto_complete_values,
        })
    }

    fn associations(
        &mut self,
        d: &mut Decoder<'_>,
        o: &mut Object<'_>,
        owner: Option<&(Kind, CkId)>,
    ) -> Option<Vec<CkTypeAssociation>> {
        let mut count = 0;
        d.optional(o, "associations", |d, n| {
            d.list(n, |d, n| {
                let association = self.association(d, n)?;
                if let Some((kind, id)) = owner {
                    let part = Part::Association(count);
                    self.positions.note(*kind, id, part, d.at(n.line));
                }
                count += 1;
                Some(association)
            })
        })
    }

    /// Associations are the one object in which unknown members are allowed (spec 2). One of them
    /// is worth a warning: the published schema document calls the target attributes by a name
    /// that nobody reads.
    fn association(&mut self, d: &mut Decoder<'_>, node: &Node) -> Option<CkTypeAssociation> {
        let mut o = d.object(node)?;
        let role = d.required(&mut o, "id", |d, n| self.reference(d, n));
        let target = d.required(&mut o, "targetCkTypeId", |d, n| self.reference(d, n));
        let attributes = d.optional(&mut o, "targetCkAttributeIds", |d, n| {
            d.list(n, Decoder::text)
        });
        if let Some(ignored) = o
            .peek("targetAttributes")
            .filter(|_| !self.references.is_compiled())
        {
            let text = "The key targetAttributes is ignored: write targetCkAttributeIds.";
            let at = d.at(ignored.line);
            d.diagnostics.report(Code::SuspiciousFile, &at, text);
        }
        Some(CkTypeAssociation {
            id: role?,
            target_ck_type_id: target?,
            target_ck_attribute_ids: attributes,
        })
    }

    /// Default values are texts in YAML (spec 2.1); compiled JSON may hold numbers and booleans.
    fn default_value(&self, d: &mut Decoder<'_>, node: &Node) -> Option<serde_json::Value> {
        if node.is_null() && self.references.keeps_scalars() {
            return None;
        }
        let scalar = d.scalar(node)?;
        let typed = match scalar.kind() {
            ScalarKind::Number | ScalarKind::Boolean(_) if self.references.keeps_scalars() => {
                serde_json::from_str(scalar.text.trim()).ok()
            }
            _ => None,
        };
        Some(typed.unwrap_or_else(|| serde_json::Value::String(scalar.text.clone())))
    }
}
