//! What every store must do, written against [`EntityStore`](octo_runtime::EntityStore) alone.
//!
//! A store passes when it passes all cases. To hold another store to the contract, add a module
//! with a function that opens an empty one, and list the cases for it as [`sqlite`] does.

#![allow(clippy::unwrap_used)]

mod binaries;
mod edge_pages;
mod edges;
mod entities;
mod figures;
mod filters;
mod isolation;
mod linked;
mod long_reads;
#[path = "../fixture/model.rs"]
mod model;
mod naive;
mod naive_figures;
mod naive_links;
mod paging;
mod samples;

/// Runs cases on fresh stores.
macro_rules! contract {
    ($open:path: $($area:ident { $($case:ident),+ $(,)? })+) => {$($(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            let opened = $open().await;
            crate::$area::$case(opened.store.clone()).await;
        }
    )+)+};
}

mod sqlite {
    use std::sync::Arc;

    use octo_runtime::EntityStore;
    use octo_runtime::store::sqlite::SqliteStore;

    struct Opened {
        store: Arc<dyn EntityStore>,
        _folder: tempfile::TempDir,
    }

    async fn open() -> Opened {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("store.db")).await;
        Opened {
            store: Arc::new(store.unwrap()),
            _folder: folder,
        }
    }

    contract! { open:
        entities {
            every_kind_of_value_survives,
            many_entities_are_added_and_found_by_id,
            patches_write_what_they_name,
            what_the_model_does_not_know_is_kept,
            models_are_kept_by_name,
            batches_follow_the_order_of_ids,
            retyped_entities_are_found_as_what_they_are,
            a_closed_store_refuses_work,
        }
        binaries {
            files_of_every_size_survive,
            files_are_stored_whole_or_not_at_all,
            files_go_with_the_entity_they_belong_to,
            a_file_is_claimed_once,
        }
        filters {
            tests_follow_the_table,
            base_types_include_derived_types,
            archived_entities_are_hidden,
            order_is_by_id_unless_sorted,
            pages_have_totals,
        }
        naive { random_filters_agree_with_a_naive_model }
        figures {
            figures_are_exact_and_skip_missing_values,
            instants_have_extremes,
            groups_cover_types_and_skip_archived_entities,
        }
        naive_figures { random_figures_agree_with_a_naive_model }
        linked {
            far_ends_can_be_filtered_by,
            far_ends_can_be_sorted_by,
            far_ends_are_listed_and_counted_per_entity,
        }
        paging {
            positions_continue_in_every_order,
            texts_are_searched,
            points_are_found_by_distance,
        }
        edges {
            edges_are_found_from_both_ends,
            far_ends_are_distinct_filtered_and_paged,
            edges_need_their_ends,
        }
        edge_pages {
            edges_come_in_order_page_by_page,
            values_of_edges_survive,
            there_may_be_very_many_ids,
        }
        long_reads { reads_nobody_waits_for_end }
        isolation {
            a_work_that_rolls_back_leaves_nothing,
            a_rehearsal_leaves_nothing,
            a_work_sees_its_own_writes,
            a_work_that_panics_harms_nobody,
            works_run_one_after_the_other,
            readers_see_whole_works_only,
            readers_finish_while_a_work_is_under_way,
            of_works_with_one_version_one_wins,
            a_side_that_may_have_one_edge_gets_one,
        }
    }
}
