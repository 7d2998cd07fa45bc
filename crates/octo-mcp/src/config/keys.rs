//! Names of configuration keys: which exist, and how a problem names the one it is about.

use figment::error::Kind;
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use serde::de::DeserializeOwned;

use super::ConfigError;

/// Keys this server reads, `section.key` in lower case.
const KNOWN: &[&str] = &[
    "mcp.publicurl",
    "mcp.authorityurl",
    "mcp.bindaddress",
    "mcp.port",
    "mcp.anonymouslogin",
    "mcp.validateaudience",
    "mcp.extraaudiences",
    "mcp.requiredapiscopes",
    "mcp.routetenantisbinding",
    "mcp.allowedorigins",
    "mcp.calltimeoutseconds",
    "mcp.maxconcurrentcalls",
    "mcp.knowledgehosts",
    "mcp.trustedcafile",
    "mcp.insecuretls",
    "mcp.minloglevel",
    "octoserviceurls.assetserviceurl",
    "octoserviceurls.identityserviceurl",
    "octoserviceurls.communicationserviceurl",
    "octoserviceurls.botserviceurl",
    "octoserviceurls.reportingserviceurl",
    "tenantauthorization.servicetokenenforcement",
    "tenantauthorization.crosstenantserviceclientids",
    "embedded.adminpassword",
    "embedded.identityport",
    "embedded.assetsport",
    "embedded.communicationport",
    "embedded.botport",
    "embedded.reportingport",
    "embedded.dynamicclientregistration",
    "embedded.clientmetadatadocuments",
    "embedded.clientmetadatahosts",
    "embedded.providerhosts",
    "embedded.googleauthority",
    "embedded.microsoftauthority",
    "embedded.entraauthority",
];

/// Keys of the replaced server that mean nothing here.
const UNUSED: &[&str] = &[
    "mcp.instanceprefix",
    "mcp.brokerhost",
    "mcp.brokervirtualhost",
    "mcp.brokerport",
    "mcp.brokeruser",
    "mcp.brokerpassword",
    "mcp.streamdatahost",
    "mcp.streamdatauser",
    "mcp.streamdatapassword",
];

/// Whole sections of the replaced server that mean nothing here (yet: `system` and `streamdata`
/// name the cluster's databases).
const UNUSED_SECTIONS: &[&str] = &[
    "dynamictools",
    "system",
    "streamdata",
    "logging",
    "mcpserver",
];

/// A provider whose keys are all in lower case, as the environment's are.
pub(super) struct LowerCased(Map<Profile, Dict>, Metadata);

impl Provider for LowerCased {
    fn metadata(&self) -> Metadata {
        self.1.clone()
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(self.0.clone())
    }
}

/// Reads `provider` and lower-cases its keys.
pub(super) fn lower_cased(provider: impl Provider) -> Result<LowerCased, ConfigError> {
    let data = provider.data().map_err(|error| {
        ConfigError(
            error
                .into_iter()
                .map(|e| format!("configuration file: {e}"))
                .collect(),
        )
    })?;
    let lowered = data
        .into_iter()
        .map(|(profile, dict)| (profile, lower_dict(dict)))
        .collect();
    Ok(LowerCased(lowered, provider.metadata()))
}

fn lower_dict(dict: Dict) -> Dict {
    dict.into_iter()
        .map(|(key, value)| (key.to_lowercase(), lower_value(value)))
        .collect()
}

fn lower_value(value: Value) -> Value {
    match value {
        Value::Dict(tag, dict) => Value::Dict(tag, lower_dict(dict)),
        other => other,
    }
}

/// Whether a variable (without `OCTO_`) tells the address of a Kubernetes service whose name starts
/// with `octo`: Kubernetes puts those into every container, they are no settings.
pub(super) fn is_service_link(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    if name.contains("__") {
        return false;
    }
    let is_port = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_port_detail = name.rsplit_once("_PORT_").is_some_and(|(_, detail)| {
        let mut parts = detail.split('_');
        parts.next().is_some_and(is_port) && matches!(parts.next(), Some("TCP" | "UDP"))
    });
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.ends_with("_PORT")
        || is_port_detail
}

/// A sentence for every key that means nothing.
pub(super) fn unknown(figment: &Figment) -> Vec<String> {
    let Ok(data) = figment.data() else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    for (section, value) in data.values().flatten() {
        if UNUSED_SECTIONS.contains(&section.as_str()) {
            continue;
        }
        let Some(dict) = value.as_dict() else {
            problems.push(format!("{} is not a known setting", env_name(section)));
            continue;
        };
        for key in dict.keys() {
            let path = format!("{section}.{key}");
            if !KNOWN.contains(&path.as_str()) && !UNUSED.contains(&path.as_str()) {
                problems.push(format!("{} is not a known setting", env_name(&path)));
            }
        }
    }
    problems
}

/// Turns `…__0`, `…__1` of the environment into lists.
pub(super) fn lists_from_indexes(figment: &Figment) -> Figment {
    let Ok(data) = figment.data() else {
        return figment.clone();
    };
    let mut merged = Dict::new();
    for (section, value) in data.into_values().flatten() {
        merged.insert(section, indexed_to_list(value));
    }
    Figment::new().merge(LowerCased(
        Map::from([(Profile::Default, merged)]),
        Metadata::named("configuration"),
    ))
}

fn indexed_to_list(value: Value) -> Value {
    let Value::Dict(tag, dict) = value else {
        return value;
    };
    let mut indexed: Vec<(usize, Value)> = Vec::new();
    for (key, value) in &dict {
        match key.parse() {
            Ok(at) => indexed.push((at, value.clone())),
            Err(_) => {
                let nested = dict
                    .into_iter()
                    .map(|(k, v)| (k, indexed_to_list(v)))
                    .collect();
                return Value::Dict(tag, nested);
            }
        }
    }
    if indexed.is_empty() {
        return Value::Dict(tag, dict);
    }
    indexed.sort_by_key(|(at, _)| *at);
    Value::Array(tag, indexed.into_iter().map(|(_, value)| value).collect())
}

/// A sentence for every value that does not fit `C`. Reading stops at the first one, so each value
/// is read alone.
pub(super) fn unfit<C: DeserializeOwned>(figment: &Figment) -> Vec<String> {
    let sections = figment.data().unwrap_or_default().into_values().flatten();
    let mut problems = Vec::new();
    for (section, value) in sections {
        let keys = value.into_dict().unwrap_or_default();
        for setting in keys {
            let alone = Dict::from([(section.clone(), Value::from(Dict::from([setting])))]);
            let alone = LowerCased(
                Map::from([(Profile::Default, alone)]),
                Metadata::named("configuration"),
            );
            if let Err(errors) = Figment::new().merge(alone).extract::<C>() {
                problems.extend(errors.into_iter().map(|error| describe(&error)));
            }
        }
    }
    problems
}

/// A sentence for a value that does not fit, without the value: it may be a secret.
fn describe(error: &figment::Error) -> String {
    let key = env_name(&error.path.join("."));
    match &error.kind {
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => {
            format!("{key} has a value of the wrong form; expected {expected}")
        }
        Kind::UnknownVariant(_, allowed) => {
            let plain: Vec<_> = allowed
                .iter()
                .filter(|a| a.starts_with(char::is_uppercase))
                .copied()
                .collect();
            format!("{key} must be one of {}", plain.join(", "))
        }
        Kind::Message(message) => format!("{key}: {message}"),
        other => format!("{key}: {other}"),
    }
}

fn env_name(path: &str) -> String {
    format!("OCTO_{}", path.replace('.', "__").to_uppercase())
}
