//! The numbers of the messages.

use super::Level;

/// What a finding is about. Numbers up to 68 are those of the original compiler (spec,
/// Construction Kit 7.2); 101 and above cover cases it does not report.
///
/// Each mistake is reported once. Where the original has one number for a name that does not exist
/// in sources and another for the same name in its inheritance phase (2 and 51, 3 and 19, 4 and 48,
/// 5 and 18, 42 and 52, 43 and 34), the second is that of models that are compiled already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum Code {
    /// A dependency is not available.
    UnknownModel = 1,
    /// A type assigns an attribute that does not exist.
    UnknownAttributeOfType = 2,
    /// The base type does not exist.
    UnknownBaseType = 3,
    /// A type uses an association role that does not exist.
    UnknownRole = 4,
    /// The target type of an association does not exist.
    UnknownAssociationTarget = 5,
    /// An attribute is defined twice.
    AttributeIdNotUnique = 6,
    /// An association role is defined twice.
    RoleIdNotUnique = 7,
    /// A type is defined twice.
    TypeIdNotUnique = 8,
    /// A type has no base.
    InheritanceMissing = 9,
    /// A model depends on itself, directly or through others.
    CircularDependency = 10,
    /// The bases of a type end in one that does not exist.
    UnknownTypeInChain = 11,
    /// A type assigns an attribute that a base type assigns already.
    TypeAttributeIdInherited = 12,
    /// A type uses an attribute name that a base type uses already.
    TypeAttributeNameInherited = 13,
    /// A type declares the same role to the same target twice.
    AssociationNotUnique = 14,
    /// A type uses an attribute name twice.
    TypeAttributeNameNotUnique = 15,
    /// A type assigns an attribute twice.
    TypeAttributeIdNotUnique = 16,
    /// A type declares an association that a base type declares already.
    AssociationInherited = 17,
    /// A compiled type has an association to a type that does not exist.
    AssociationTargetNotFound = 18,
    /// The base of a compiled type does not exist.
    TypeNotFound = 19,
    /// A type declares a role that already leads to one of its base types.
    RoleCoveredByBase = 20,
    /// The base type is final.
    BaseTypeIsFinal = 21,
    /// The folder for a new model is not empty.
    FolderNotEmpty = 22,
    /// The model name has characters that are not allowed.
    ModelNameInvalid = 23,
    /// A type id has characters that are not allowed.
    TypeIdInvalid = 24,
    /// An attribute id has characters that are not allowed.
    AttributeIdInvalid = 25,
    /// An association role id has characters that are not allowed.
    RoleIdInvalid = 26,
    /// A document does not have the required form.
    SchemaViolation = 27,
    /// The model folder does not exist.
    FolderMissing = 28,
    /// The model folder has no `ckModel.yaml`.
    HeaderMissing = 29,
    /// An enum uses a key twice.
    EnumKeyNotUnique = 30,
    /// A record attribute names no record.
    RecordMissing = 31,
    /// A record id has characters that are not allowed.
    RecordIdInvalid = 32,
    /// A record is defined twice.
    RecordIdNotUnique = 33,
    /// The base of a compiled record does not exist.
    RecordNotFound = 34,
    /// The bases of a record end in one that does not exist.
    UnknownRecordInChain = 35,
    /// The base record is final.
    BaseRecordIsFinal = 36,
    /// A record uses an attribute name twice.
    RecordAttributeNameNotUnique = 37,
    /// A record assigns an attribute that a base record assigns already.
    RecordAttributeIdInherited = 38,
    /// A record assigns an attribute twice.
    RecordAttributeIdNotUnique = 39,
    /// A record uses an attribute name that a base record uses already.
    RecordAttributeNameInherited = 40,
    /// The record of an attribute does not exist.
    UnknownRecordOfAttribute = 41,
    /// A record or role assigns an attribute that does not exist.
    UnknownAttributeOfRecord = 42,
    /// The base record does not exist.
    UnknownBaseRecord = 43,
    /// An enum id has characters that are not allowed.
    EnumIdInvalid = 44,
    /// An enum is defined twice.
    EnumIdNotUnique = 45,
    /// An enum attribute names no enum.
    EnumMissing = 46,
    /// An association names an attribute that does not exist.
    UnknownTargetAttribute = 47,
    /// A compiled type uses an association role that does not exist.
    RoleNotFound = 48,
    /// A role uses an attribute name twice.
    RoleAttributeNameNotUnique = 49,
    /// A role assigns an attribute twice.
    RoleAttributeIdNotUnique = 50,
    /// A compiled type assigns an attribute that does not exist.
    TypeAttributeNotFound = 51,
    /// A compiled record or role assigns an attribute that does not exist.
    RecordAttributeNotFound = 52,
    /// A file holds nothing.
    EmptyFile = 53,
    /// An import list names no model.
    NoImports = 54,
    /// An enum that is not extensible contains an extension value.
    ExtensionInFixedEnum = 55,
    /// The name of an enum value has characters that are not allowed.
    EnumNameInvalid = 56,
    /// The name of an enum value is blank.
    EnumNameMissing = 57,
    /// The key of an enum value is negative.
    EnumKeyNegative = 58,
    /// The enum of an attribute does not exist.
    UnknownEnumOfAttribute = 59,
    /// An enum attribute of a compiled model names no enum.
    CompiledEnumMissing = 60,
    /// A record attribute of a compiled model names no record.
    CompiledRecordMissing = 61,
    /// A placeholder has no value.
    UnknownPlaceholder = 62,
    /// The list of migrations cannot be used.
    MigrationListInvalid = 63,
    /// A migration script does not exist.
    MigrationScriptMissing = 64,
    /// A migration script cannot be used.
    MigrationScriptInvalid = 65,
    /// Two versions of one model are required or installed.
    SeveralModelVersions = 66,
    /// A display rule cannot be read.
    DisplayRuleSyntax = 67,
    /// A display rule names an attribute that does not exist.
    DisplayRulePath = 68,
    /// A type or record derives from itself, directly or through others.
    InheritanceCycle = 101,
    /// A text is not valid YAML or JSON, or not valid UTF-8.
    TextUnreadable = 102,
    /// A document or model is larger or deeper than any real one.
    LimitExceeded = 103,
    /// Two names differ only in upper and lower case.
    NamesDifferOnlyInCase = 104,
    /// A reference is not an id.
    ReferenceInvalid = 105,
    /// A file cannot be read.
    FileUnreadable = 106,
    /// A file, list or key in a model folder is ignored.
    SuspiciousFile = 107,
    /// A local name has characters that are not allowed.
    NameInvalid = 108,
    /// An index names a path that does not exist.
    IndexPathUnknown = 109,
    /// A default value does not fit the attribute.
    DefaultDoesNotFit = 110,
    /// Two associations of a type have the same navigation name.
    NavigationNameClash = 111,
    /// The text indexes of one collection differ in language.
    SeveralLanguages = 112,
    /// A record contains itself, directly or through others.
    RecordContainsItself = 113,
}

impl Code {
    /// The number printed with the message.
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// How serious the finding is.
    pub const fn level(self) -> Level {
        match self {
            Self::UnknownModel
            | Self::UnknownTypeInChain
            | Self::UnknownRecordInChain
            | Self::InheritanceMissing
            | Self::AssociationTargetNotFound
            | Self::TypeNotFound
            | Self::RecordNotFound
            | Self::BaseTypeIsFinal
            | Self::ModelNameInvalid
            | Self::FolderMissing
            | Self::FolderNotEmpty
            | Self::HeaderMissing
            | Self::BaseRecordIsFinal
            | Self::UnknownPlaceholder
            | Self::SeveralModelVersions
            | Self::InheritanceCycle
            | Self::TextUnreadable
            | Self::LimitExceeded
            | Self::FileUnreadable => Level::Fatal,
            Self::EmptyFile
            | Self::MigrationListInvalid
            | Self::NamesDifferOnlyInCase
            | Self::SuspiciousFile
            | Self::IndexPathUnknown
            | Self::DefaultDoesNotFit
            | Self::NavigationNameClash
            | Self::SeveralLanguages
            | Self::RecordContainsItself
            | Self::NoImports => Level::Warning,
            _ => Level::Error,
        }
    }
}
