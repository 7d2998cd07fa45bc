//! The conformance vectors of the specification (auth 11) and the tests that stand for them.
//!
//! A vector is met by the tests named here. The names are looked up in the sources, so that none is
//! lost when tests are renamed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Vectors and their tests, as `file stem::function`.
const TESTED: &[(&str, &[&str])] = &[
    (
        "O1",
        &["gate::without_anonymous_login_every_request_is_challenged"],
    ),
    (
        "O2",
        &["gate::without_anonymous_login_every_request_is_challenged"],
    ),
    ("O3", &["edge::health_and_metadata_are_open_to_all"]),
    ("O4", &["tests::a_public_url_that_is_no_url_is_refused"]),
    (
        "O5",
        &["issued::the_tenant_of_the_token_decides_about_the_route"],
    ),
    (
        "O6",
        &["issued::the_tenant_of_the_token_decides_about_the_route"],
    ),
    (
        "O7",
        &["issued::the_tenant_of_the_token_decides_about_the_route"],
    ),
    (
        "O8",
        &[
            "oauth::device_authorization",
            "session::a_started_sign_in_tells_where_and_what_to_confirm",
        ],
    ),
    ("O9", &["oauth::device_authorization"]),
    (
        "O10",
        &["provider::what_the_provider_says_to_a_poll_is_told"],
    ),
    (
        "O11",
        &["provider::an_answer_that_cannot_be_read_does_not_end_the_sign_in"],
    ),
    (
        "O12",
        &["provider::a_refresh_without_a_new_handle_keeps_the_old_one"],
    ),
    ("O13", &["provider::a_refused_refresh_ends_the_sign_in"]),
    ("O14", &["provider::twenty_calls_at_once_refresh_once"]),
    (
        "O15",
        &[
            "oauth::exchange",
            "provider::a_token_for_another_tenant_is_fetched_once_and_used",
        ],
    ),
    (
        "O16",
        &[
            "session::a_tenant_is_needed_to_sign_in",
            "session::switching_checks_the_way_into_a_tenant",
        ],
    ),
    ("O17", &["issued::an_opaque_token_opens_nothing"]),
    (
        "O18",
        &["claims::scopes_may_be_a_list_or_separated_by_blanks"],
    ),
    (
        "O19",
        &[
            "issued::a_missing_tenant_is_reported_before_a_missing_sign_in",
            "matrix::every_tenant_tool_needs_a_tenant",
        ],
    ),
    ("O20", &["services::a_missing_address_is_named_by_its_key"]),
    ("O21", &["errors::texts_by_status_and_body"]),
    ("O22", &["issued::no_answer_holds_nulls"]),
    ("S1", &["device_flow::the_whole_way_through_the_forms"]),
    ("S2", &["device_flow::the_whole_way_through_the_forms"]),
    ("S3", &["device_flow::the_whole_way_through_the_forms"]),
    (
        "S4",
        &[
            "exchange::checks_one_to_six_fail_in_order",
            "exchange::client_and_scope_are_checked_first",
            "exchange::no_way_leads_up_sideways_or_back_to_oneself",
            "exchange::a_provider_without_self_registration_admits_known_users_only",
        ],
    ),
    (
        "S5",
        &["exchange::a_user_without_mapping_enters_without_roles"],
    ),
    (
        "S6",
        &["exchange::no_way_leads_up_sideways_or_back_to_oneself"],
    ),
    (
        "S7",
        &[
            "refresh::a_replay_after_the_grace_ends_the_family",
            "refresh::a_replay_of_an_older_handle_ends_the_family_at_once",
        ],
    ),
    (
        "S8",
        &["device_flow::the_access_token_carries_the_documented_claims"],
    ),
    (
        "P1",
        &[
            "gate::callers_from_elsewhere_are_not_anonymous",
            "matrix::only_open_tools_answer_callers_who_are_not_signed_in",
        ],
    ),
    ("P2", &["gate::callers_from_elsewhere_are_not_anonymous"]),
    (
        "P3",
        &[
            "matrix::only_open_tools_answer_callers_who_are_not_signed_in",
            "resources::what_a_caller_may_not_see_does_not_exist",
        ],
    ),
    (
        "P4",
        &[
            "gate::bad_tokens_are_never_taken_for_none",
            "issued::expired_foreign_and_narrow_tokens_are_refused_each_in_its_way",
        ],
    ),
    ("P5", &["gate::sessions_belong_to_whoever_opened_them"]),
    ("P6", &["gate::a_stateless_caller_signs_in_with_a_handle"]),
    ("P7", &["gate::sessions_belong_to_whoever_opened_them"]),
    (
        "P8",
        &["edge::the_session_of_another_cannot_be_reached_by_a_modern_header"],
    ),
    (
        "P9",
        &["matrix::every_tenant_tool_refuses_foreign_and_unknown_tenants_alike"],
    ),
    (
        "P10",
        &["matrix::every_tenant_tool_refuses_foreign_and_unknown_tenants_alike"],
    ),
    (
        "P11",
        &[
            "services::a_service_acts_in_the_tenant_of_its_token_only",
            "services::a_service_that_is_trusted_acts_everywhere",
        ],
    ),
    (
        "P12",
        &[
            "edge::a_token_needs_a_scope_of_this_server",
            "issued::expired_foreign_and_narrow_tokens_are_refused_each_in_its_way",
        ],
    ),
    (
        "P13",
        &["issued::expired_foreign_and_narrow_tokens_are_refused_each_in_its_way"],
    ),
    (
        "P14",
        &["session::another_user_of_the_same_session_gets_nothing_of_the_first"],
    ),
    (
        "S9",
        &["registration::registrations_are_found_again_limited_and_checked"],
    ),
    ("P15", &["gate::callers_from_elsewhere_are_not_anonymous"]),
    ("P16", &["protocol::headers_have_to_say_what_the_body_says"]),
    (
        "P17",
        &[
            "certificates::nobody_signs_in_where_the_certificate_is_not_trusted",
            "certificates::no_token_is_sent_where_the_certificate_is_not_trusted",
        ],
    ),
    (
        "P18",
        &[
            "logging::the_configured_level_shows_no_secrets",
            "logging::the_usual_variable_shows_no_secrets",
        ],
    ),
];

/// Where the tests are: everything below, sources included.
const PLACES: [&str; 4] = [
    "octo-mcp/tests",
    "octo-mcp/src",
    "octo-platform/tests",
    "octo-sdk/tests",
];

#[test]
fn every_vector_is_tested() {
    let named: Vec<&str> = TESTED.iter().map(|(vector, _)| *vector).collect();
    let numbers = |letter: char, last: u32| (1..=last).map(move |n| format!("{letter}{n}"));
    let wanted: BTreeSet<String> = numbers('O', 22)
        .chain(numbers('S', 9))
        .chain(numbers('P', 18))
        .collect();
    assert_eq!(named.len(), 49, "each once");
    assert_eq!(
        named
            .into_iter()
            .map(str::to_owned)
            .collect::<BTreeSet<_>>(),
        wanted
    );
}

#[test]
fn the_tests_of_the_vectors_exist() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut known = BTreeSet::new();
    for place in PLACES {
        collect(&crates.join(place), &mut known);
    }
    for (vector, tests) in TESTED {
        for test in *tests {
            assert!(known.contains(*test), "{vector}: there is no test {test}");
        }
    }
}

/// Adds `file stem::function` of every test below a folder.
fn collect(folder: &Path, known: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, known);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let stem = path.file_stem().unwrap().to_str().unwrap();
            let text = fs::read_to_string(&path).unwrap();
            let marked = text.split("test]\n").skip(1);
            let names = marked.filter_map(|rest| {
                let head = rest.split_once('(')?.0;
                Some(head.rsplit_once("fn ")?.1.to_owned())
            });
            known.extend(names.map(|name| format!("{stem}::{name}")));
        }
    }
}
