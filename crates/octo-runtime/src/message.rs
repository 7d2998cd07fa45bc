//! Messages of the mutation pipeline (spec 5.3): numbered findings, all reported at once.

use std::fmt;

use octo_ck::RtCkId;
use octo_ck::model::Multiplicity;

use crate::entity::EntityRef;
use crate::rt_id::RtId;
use crate::tenant_id::TenantId;

/// How grave a message is; both kinds stop the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The change contradicts the model.
    FatalError,
    /// The change set contradicts itself.
    Error,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// How grave it is.
    pub level: Level,
    /// Number of the finding.
    pub code: u16,
    /// What was found; starts with the tenant id.
    pub text: String,
    /// The changed entity it is about.
    pub entity: Option<RtId>,
}

/// All findings of one change set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Messages(pub Vec<Message>);

impl Messages {
    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Numbers of the findings, in order.
    pub fn codes(&self) -> Vec<u16> {
        self.0.iter().map(|message| message.code).collect()
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} -: {}", self.level, self.code, self.text)
    }
}

impl fmt::Display for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Operation result contains errors.")?;
        self.0
            .iter()
            .try_for_each(|message| write!(f, "\n{message}"))
    }
}

/// Collects the findings for one tenant.
#[derive(Debug)]
pub(crate) struct Findings<'a> {
    tenant: &'a TenantId,
    entity: Option<RtId>,
    messages: Vec<Message>,
}

impl<'a> Findings<'a> {
    pub(crate) fn new(tenant: &'a TenantId) -> Self {
        Self {
            tenant,
            entity: None,
            messages: Vec::new(),
        }
    }

    /// From now on findings are about this entity.
    pub(crate) fn about(&mut self, entity: RtId) {
        self.entity = Some(entity);
    }

    /// The entity findings are about.
    pub(crate) fn entity(&self) -> Option<RtId> {
        self.entity
    }

    pub(crate) fn into_messages(self) -> Messages {
        Messages(self.messages)
    }

    fn fatal(&mut self, code: u16, text: fmt::Arguments<'_>) {
        self.add(Level::FatalError, code, text);
    }

    fn add(&mut self, level: Level, code: u16, text: fmt::Arguments<'_>) {
        self.messages.push(Message {
            level,
            code,
            text: format!("{}: {text}", self.tenant),
            entity: self.entity,
        });
    }

    /// 2: no value, no default, no counter for a mandatory attribute of a new entity.
    pub(crate) fn mandatory_missing(&mut self, attribute: &str, entity: &str) {
        self.fatal(
            2,
            format_args!(
                "Mandatory attribute '{attribute}' of entity '{entity}' defines no default value or auto increment reference and is therefore missing."
            ),
        );
    }

    /// 3: no such type.
    pub(crate) fn type_unknown(&mut self, ck_type: &str) {
        self.fatal(3, format_args!("CkTypeId '{ck_type}' not found."));
    }

    /// 4: the type has no entities of its own.
    pub(crate) fn type_abstract(&mut self, ck_type: &RtCkId) {
        self.fatal(4, format_args!("CkTypeId '{ck_type}' is abstract."));
    }

    /// 5: a mandatory attribute would be cleared.
    pub(crate) fn mandatory_cleared(&mut self, attribute: &str, entity: &str) {
        self.fatal(
            5,
            format_args!("Mandatory attribute '{attribute}' of entity '{entity}' is missing."),
        );
    }

    /// 6: a new entity lacks an association it must have.
    pub(crate) fn association_required(
        &mut self,
        ck_type: &RtCkId,
        role: &RtCkId,
        multiplicity: Multiplicity,
    ) {
        self.fatal(
            6,
            format_args!(
                "Entity with CkTypeId '{ck_type}': Inbound association '{role}' has minimum multiplicity of '{multiplicity:?}'. There is no create statement for creating this association."
            ),
        );
    }

    /// 7: the origin's type may not point to that target.
    pub(crate) fn association_not_allowed(&mut self, entity: &EntityRef, role: &RtCkId) {
        self.fatal(
            7,
            format_args!("'{entity}': Inbound association '{role}' is not allowed."),
        );
    }

    /// 8: the target of an association to delete does not exist.
    pub(crate) fn target_missing(&mut self, target: &EntityRef) {
        self.fatal(8, format_args!("Target entity '{target}' does not exist."));
    }

    /// 10: the origin of an association to delete does not exist.
    pub(crate) fn origin_missing(&mut self, origin: &EntityRef) {
        self.fatal(10, format_args!("Origin entity '{origin}' does not exist."));
    }

    /// 9: an end of an association to create, or an entity to change, does not exist.
    pub(crate) fn entity_missing(&mut self, entity: &str) {
        self.fatal(9, format_args!("Entity '{entity}' does not exist."));
    }

    /// 11: the role does not start at the origin's type.
    pub(crate) fn not_outbound(&mut self, origin: &EntityRef, role: &str, target: &RtCkId) {
        self.fatal(
            11,
            format_args!(
                "Entity '{origin}': Inbound association '{role}' to CkTypeId '{target}' is not allowed."
            ),
        );
    }

    /// 12: the role does not end at the target's type.
    pub(crate) fn not_inbound(&mut self, origin: &EntityRef, role: &str, target: &RtCkId) {
        self.fatal(
            12,
            format_args!(
                "Entity '{origin}': Outbound association '{role}' to CkTypeId '{target}' is not allowed."
            ),
        );
    }

    /// 13: the last association of a side that must have one would go.
    pub(crate) fn last_association(
        &mut self,
        entity: &EntityRef,
        role: &RtCkId,
        multiplicity: Multiplicity,
    ) {
        self.fatal(
            13,
            format_args!(
                "Entity '{entity}': Inbound association '{role}' has maximum multiplicity of '{multiplicity:?}'. Association deletion violates the model."
            ),
        );
    }

    /// 14: a side that may have one association would have several.
    pub(crate) fn too_many_associations(
        &mut self,
        entity: &EntityRef,
        role: &RtCkId,
        multiplicity: Multiplicity,
    ) {
        self.fatal(
            14,
            format_args!(
                "Entity '{entity}': Inbound association '{role}' has maximum multiplicity of '{multiplicity:?}'. Adding another association violates the model."
            ),
        );
    }

    /// 15: the association to delete does not exist.
    pub(crate) fn association_missing(
        &mut self,
        role: &str,
        origin: &EntityRef,
        target: &EntityRef,
    ) {
        self.association_existence(15, role, origin, target, "does not exist");
    }

    /// 16: the association to create exists already.
    pub(crate) fn association_exists(
        &mut self,
        role: &str,
        origin: &EntityRef,
        target: &EntityRef,
    ) {
        self.association_existence(16, role, origin, target, "does already exist");
    }

    fn association_existence(
        &mut self,
        code: u16,
        role: &str,
        origin: &EntityRef,
        target: &EntityRef,
        state: &str,
    ) {
        self.fatal(
            code,
            format_args!(
                "Association '{role}' from entity '{origin}' to entity '{}'->'{}' {state}.",
                target.ck_type_id, target.rt_id
            ),
        );
    }

    /// 18: one entity is changed twice in the set.
    pub(crate) fn changed_twice(&mut self, entity: &EntityRef) {
        self.add(
            Level::Error,
            18,
            format_args!("RtEntity '{entity}' already exists in update list."),
        );
    }

    /// 19: no such record.
    pub(crate) fn record_unknown(&mut self, record: &RtCkId) {
        self.add(
            Level::Error,
            19,
            format_args!("CkRecordId '{record}' not found."),
        );
    }
}
