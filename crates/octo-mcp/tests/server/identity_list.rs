//! Identity administration: the conformance list of the specification (identity 10) and the
//! improvements it asks for (identity 9), with the tests that stand for them.
//!
//! Two lines are met in another way than they are written: a fresh system tenant has its
//! administrator (line 1), and the caller's secret is kept where the original makes one up (line 12,
//! improvement 4).

use crate::vectors::known_tests;

/// A number of the specification and the tests that stand for it.
type Entry = (u8, &'static [&'static str]);

/// Lines of section 10 and their tests, as `file stem::function`.
const LINES: [Entry; 16] = [
    (
        1,
        &[
            "fresh::a_system_tenant_is_as_documented_and_has_its_administrator",
            "groups::a_fresh_tenant_has_the_owners_group_only",
            "providers::a_fresh_tenant_has_none_in_a_wrapper",
            "seeding::a_new_system_tenant_holds_the_documented_seed",
        ],
    ),
    (
        2,
        &[
            "fresh::a_child_tenant_is_the_same_with_copies_for_clients",
            "mirrors::a_new_child_holds_copies_of_the_seeded_clients",
        ],
    ),
    (
        3,
        &["users::all_violations_are_listed_and_nothing_is_stored"],
    ),
    (4, &["users::roles_of_a_user"]),
    (5, &["roles::names_are_unique_in_any_case"]),
    (
        6,
        &[
            "groups::names_of_groups_are_unique_in_any_case",
            "groups::groups_do_not_contain_each_other",
        ],
    ),
    (
        7,
        &[
            "groups::members_of_the_outer_group_have_the_roles_of_the_inner_one",
            "groups::ten_levels_hand_on_roles_and_the_eleventh_does_not",
        ],
    ),
    (
        8,
        &[
            "clients::the_life_of_a_client",
            "secrets::the_secret_a_caller_chose_is_kept_hashed_and_works_beside_the_first",
        ],
    ),
    (
        9,
        &[
            "clients::an_update_of_uris_replaces_those_of_all_sources",
            "clients::an_overlay_goes_as_it_came",
        ],
    ),
    (
        10,
        &[
            "mirrors::copying_needs_the_flag_and_counts_what_it_did",
            "mirrors::changes_reach_the_copies",
            "mirrors::copies_go_with_the_client_or_one_by_one",
        ],
    ),
    (
        11,
        &[
            "providers::every_kind_is_written_with_its_number_first_and_without_id",
            "providers::all_that_is_wrong_is_named_at_once_and_nothing_stored",
            "providers::a_replacement_clears_what_it_leaves_out_but_the_secret",
            "providers::unknown_and_malformed_ids",
        ],
    ),
    (
        12,
        &[
            "secrets::a_secret_is_made_up_when_none_is_given",
            "secrets::a_deleted_secret_no_longer_works",
        ],
    ),
    (
        13,
        &[
            "provisioning::the_first_call_makes_and_the_second_finds",
            "provisioning::the_provisioned_admin_is_an_owner_by_mapping",
            "identity_providers::a_tenant_trusts_its_parent_and_a_fresh_one_nobody",
        ],
    ),
    (
        14,
        &[
            "access::without_a_good_token_nothing_opens",
            "access::a_token_of_another_tenant_opens_nothing",
            "access::an_unknown_tenant_is_404",
            "access::a_read_only_scope_does_not_write",
        ],
    ),
    (
        15,
        &[
            "identity_gates::gates_and_blank_arguments_reach_no_service",
            "identity_gates::every_gate_of_the_tools_for_identities_is_listed",
            "groups::wrong_names_and_ids_are_explained_and_change_nothing",
            "matrix::every_confirm_tool_refuses_without_confirm",
        ],
    ),
    (
        16,
        &[
            "groups::lists_of_groups_are_read_in_both_shapes",
            "providers::one_is_read_wrapped_and_bare",
            "identity::find_user_looks_at_the_list_after_500",
        ],
    ),
];

/// Improvements of section 9 and their tests.
const IMPROVEMENTS: [Entry; 21] = [
    (1, &["groups::lists_of_groups_are_read_in_both_shapes"]),
    (
        2,
        &[
            "providers::one_is_read_wrapped_and_bare",
            "identity_providers::an_update_keeps_what_it_does_not_name",
        ],
    ),
    (
        3,
        &[
            "clients::secrets_are_addressed_by_base64_of_their_hash",
            "api_access::a_second_secret_works_until_it_is_deleted",
        ],
    ),
    (
        4,
        &[
            "clients::secrets_are_addressed_by_base64_of_their_hash",
            "api_access::a_second_secret_works_until_it_is_deleted",
        ],
    ),
    (5, &["users::an_update_keeps_what_it_does_not_name"]),
    (
        6,
        &[
            "identity::names_are_encoded_in_paths",
            "identity::a_name_that_would_leave_the_path_is_not_sent",
            "users_list::users_and_roles_are_found_by_id_too",
        ],
    ),
    (7, &["oauth_clients::a_group_gives_its_roles_to_a_client"]),
    (
        8,
        &[
            "api_access::an_update_of_a_scope_keeps_what_it_does_not_name",
            "api_access::an_update_of_a_resource_keeps_what_it_does_not_name",
            "groups::a_group_is_created_changed_and_deleted",
            "user_mappings::a_mapping_is_created_changed_and_deleted",
            "overtaken::updates_of_different_members_meet",
        ],
    ),
    (9, &["created::every_tool_that_creates_tells_what_it_made"]),
    (
        10,
        &["groups::a_rule_that_was_stored_in_spite_of_500_is_found"],
    ),
    (
        11,
        &["oauth_clients::a_flagged_client_is_copied_into_tenants_below"],
    ),
    (
        12,
        &[
            "providers::every_kind_is_stored_and_read_back_without_secret",
            "item::a_secret_that_the_service_sent_is_masked",
        ],
    ),
    (
        13,
        &[
            "access::administration_needs_a_role",
            "reach::roles_one_lacks_are_neither_given_nor_taken",
            "reach::accounts_that_may_do_more_are_out_of_reach",
            "reach::groups_hand_on_no_more_than_one_has",
            "reach::mappings_give_no_more_than_one_has",
            "reach::a_role_does_not_become_another_by_its_name",
        ],
    ),
    (
        14,
        &[
            "provisioning::nobody_becomes_owner_of_a_tenant_that_is_not_below",
            "provisioning::every_route_stays_below_the_callers_tenant",
        ],
    ),
    (
        15,
        &[
            "access::an_unknown_tenant_is_404",
            "access::the_alias_system_and_the_version_1_0_work",
        ],
    ),
    (
        16,
        &[
            "access::a_token_of_another_tenant_opens_nothing",
            "callers::services_are_bound_to_their_tenant_as_well",
        ],
    ),
    (
        17,
        &["exchange::mapped_roles_follow_the_mapping_and_unknown_ones_are_skipped"],
    ),
    (
        18,
        &[
            "identity::reset_sends_the_password_in_the_query_and_never_shows_it",
            "identity::a_lost_connection_does_not_show_the_password",
            "logging::the_usual_variable_shows_no_secrets",
        ],
    ),
    (
        19,
        &[
            "groups::what_is_wrong_with_a_group_is_said_and_nothing_is_stored",
            "groups::wrong_names_and_ids_are_explained_and_change_nothing",
        ],
    ),
    (20, &["errors::texts_by_status_and_body"]),
    (
        21,
        &["identity_gates::every_gate_of_the_tools_for_identities_is_listed"],
    ),
];

#[test]
fn every_line_has_tests_and_all_of_them_exist() {
    let known = known_tests();
    for (kind, list) in [("line", &LINES[..]), ("improvement", &IMPROVEMENTS)] {
        for ((number, tests), expected) in list.iter().zip(1..) {
            assert_eq!(*number, expected, "each {kind} once, in order");
            assert!(!tests.is_empty(), "{kind} {number} has no test");
            for test in *tests {
                let exists = known.contains(*test);
                assert!(exists, "{kind} {number}: there is no test {test}");
            }
        }
    }
}
