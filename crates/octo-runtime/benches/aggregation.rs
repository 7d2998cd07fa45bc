//! Figures over many entities beside the same question as SQL by hand on the same file.
//!
//! `cargo bench -p octo-runtime --bench aggregation`; 100,000 entities, or as many as
//! `OCTO_BENCH_ENTITIES` says. Both ways must find the same number of groups.

#![allow(missing_docs, reason = "the macros of criterion document nothing")]
#![expect(
    clippy::unwrap_used,
    reason = "a measurement that fails has no figures"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use octo_ck::model::ValueType;
use octo_ck::{TypeGraph, builtin};
use octo_runtime::store::sqlite::SqliteStore;
use octo_runtime::store::{
    Aggregation, Field, FieldPath, Function, Measure, PathIndex, PathStep, StoreQuery, TypeScope,
    transact,
};
use octo_runtime::{Attributes, Entity, EntityStore, RtId, RtState, StoreError, Value};
use rusqlite::Connection;
use tokio::runtime::Runtime;

#[path = "../tests/fixture/model.rs"]
mod model;

const BATCH: usize = 10_000;
const GROUPS: usize = 1_000;
const MATCHES: &str =
    "FROM entity WHERE root = 'Demo/Thing' AND ck_type_id = 'Demo/Tool' AND state = 0";

type Failure = Box<dyn std::error::Error>;

struct Bench {
    runtime: Runtime,
    store: SqliteStore,
    by_hand: Connection,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Result<Self, Failure> {
        let count = std::env::var("OCTO_BENCH_ENTITIES")
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(100_000);
        let runtime = Runtime::new()?;
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("tenant.db");
        let store = runtime.block_on(filled(&file, count))?;
        Ok(Self {
            runtime,
            store,
            by_hand: Connection::open(&file)?,
            _folder: folder,
        })
    }

    fn ask(&self, by: &[Field], measures: &[Measure]) -> Result<usize, Failure> {
        let aggregation = Aggregation {
            query: StoreQuery::of(TypeScope {
                root: Some("Demo/Thing".parse()?),
                types: vec!["Demo/Tool".parse()?],
            }),
            group_by: by.iter().cloned().map(Into::into).collect(),
            measures: measures.to_vec(),
            max_groups: GROUPS,
        };
        let found = self.runtime.block_on(self.store.aggregate(aggregation))?;
        Ok(found.groups.len())
    }

    fn ask_by_hand(&self, columns: &str, end: &str) -> Result<usize, Failure> {
        let sql = format!("SELECT {columns} {MATCHES} {end}");
        let mut statement = self.by_hand.prepare_cached(&sql)?;
        let mut rows = statement.query([])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            std::hint::black_box(row.get_ref(1)?);
            count += 1;
        }
        Ok(count)
    }
}

async fn filled(file: &Path, count: usize) -> Result<SqliteStore, Failure> {
    let graph = Arc::new(
        TypeGraph::build([builtin::system(), model::demo("1.0.0")])
            .map_err(|diagnostics| diagnostics.to_string())?,
    );
    let store = SqliteStore::open(file).await?;
    for start in (0..count).step_by(BATCH) {
        let end = count.min(start + BATCH);
        transact::<(), StoreError>(&store, Arc::clone(&graph), move |transaction| {
            (start..end).try_for_each(|number| transaction.insert(&entity(number)))
        })
        .await?;
    }
    Ok(store)
}

fn entity(number: usize) -> Entity {
    let now = Timestamp::now();
    let small = i32::try_from(number % 10_000).unwrap_or_default();
    Entity {
        rt_id: RtId::generate(),
        ck_type_id: octo_ck::RtCkId::new("Demo", octo_ck::ElementId::new("Tool", 1)),
        created: now,
        changed: now,
        archived: None,
        well_known_name: None,
        display_name: None,
        display_description: None,
        version: 0,
        state: RtState::Active,
        attributes: Attributes::new()
            .set("Name", format!("Group {}", number * 7919 % GROUPS))
            .set("Size", small)
            .set("Weight", f64::from(small) / 100.0)
            .set("Paint", Value::Enum(small % 3))
            .set("Note", "something that is written about the tool")
            .set("IsNew", number.is_multiple_of(2)),
    }
}

fn attribute(name: &str, value_type: ValueType) -> Field {
    Field::Attribute(FieldPath {
        steps: vec![PathStep {
            name: name.to_owned(),
            index: PathIndex::Whole,
        }],
        value_type,
    })
}

fn figures(c: &mut Criterion) {
    let bench = match Bench::new() {
        Ok(bench) => bench,
        Err(failure) => panic!("no data to measure on: {failure}"),
    };
    let size = || attribute("size", ValueType::Int);
    let weight = || attribute("weight", ValueType::Double);
    let sum_of = |name: &str| format!("sum(json_extract(attributes, '$.\"{name}\"'))");
    let key = |name: &str| format!("json_extract(attributes, '$.\"{name}\"')");
    let sizes = [Measure::Rows, Measure::Of(Function::Sum, size().into())];
    let weights = [
        Measure::Of(Function::Sum, weight().into()),
        Measure::Of(Function::Average, weight().into()),
    ];
    // Name, group-by fields, measures; columns and end of the same SQL by hand.
    type Case<'a> = (&'a str, Vec<Field>, &'a [Measure], String, &'a str);
    let cases: [Case<'_>; 4] = [
        (
            "count and sum of integers, 1000 groups",
            vec![attribute("name", ValueType::String)],
            &sizes,
            format!("{}, count(*), {}", key("name"), sum_of("size")),
            "GROUP BY 1",
        ),
        (
            "count and sum of integers, 3 groups",
            vec![attribute("paint", ValueType::Enum)],
            &sizes,
            format!("{}, count(*), {}", key("paint"), sum_of("size")),
            "GROUP BY 1",
        ),
        (
            "count and sum of integers",
            Vec::new(),
            &sizes,
            format!("count(*), {}", sum_of("size")),
            "",
        ),
        (
            "sum and mean of doubles",
            Vec::new(),
            &weights,
            format!("{}, avg({})", sum_of("weight"), key("weight")),
            "",
        ),
    ];
    let mut group = c.benchmark_group("figures");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(5));
    for (name, by, measures, columns, end) in cases {
        let groups = bench.ask(&by, measures).unwrap();
        assert_eq!(groups, bench.ask_by_hand(&columns, end).unwrap(), "{name}");
        group.bench_function(format!("{name}: store"), |b| {
            b.iter(|| bench.ask(&by, measures).unwrap());
        });
        group.bench_function(format!("{name}: SQL by hand"), |b| {
            b.iter(|| bench.ask_by_hand(&columns, end).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, figures);
criterion_main!(benches);
