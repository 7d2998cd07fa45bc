//! Queries that reach over associations.

use octo_runtime::{
    ChangeSet, Criteria, DeleteEntity, Entity, EntityQuery, NewEntity, Operator, RuntimeError,
    SortOrder, Tenant,
};
use serde_json::{Value as Json, json};

use crate::fixture::Fixture;

/// Folders `A`, `B` and `C`; documents `a1`, `a2` in `A`, `b1` in `B`.
async fn shelves(tenant: &Tenant) -> Vec<Entity> {
    let folder = |name: &str| NewEntity::of("Demo/Folder").set("Name", name);
    let mut changes = ChangeSet::new();
    for (name, documents) in [("A", vec!["a1", "a2"]), ("B", vec!["b1"]), ("C", vec![])] {
        let folder = folder(name);
        for document in documents {
            let document = NewEntity::of("Demo/Document").set("Name", document);
            changes = changes
                .associate(&document, "System/ParentChild", &folder)
                .insert(document);
        }
        changes = changes.insert(folder);
    }
    tenant.apply(changes).await.unwrap().inserted
}

async fn names(tenant: &Tenant, query: EntityQuery) -> String {
    let page = tenant.query(query).await.unwrap();
    let mut names: Vec<_> = page
        .items
        .iter()
        .filter_map(|e| e.attributes.str("Name"))
        .collect();
    names.sort_unstable();
    names.join(" ")
}

fn where_(ck_type: &str, path: &str, operator: Operator, value: Json) -> EntityQuery {
    EntityQuery::of(ck_type).filter(Criteria::field(path, operator, value))
}

#[tokio::test]
async fn one_far_end_is_enough_and_negations_hold_for_all() {
    use Operator::*;
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    shelves(&tenant).await;
    let (folder, document) = ("Demo/Folder", "Demo/Document");
    let children = "children.Demo/Document->name";
    let table = [
        (
            document,
            "parent.Demo/Folder->name",
            Equals,
            json!("A"),
            "a1 a2",
        ),
        (
            document,
            "parent.demoFolder->name",
            Contains,
            json!("b"),
            "b1",
        ),
        (
            document,
            "parent.System/Entity->rtVersion",
            Equals,
            json!(0),
            "a1 a2 b1",
        ),
        (
            document,
            "parent.Demo/Folder[name='B']->name",
            IsNotNull,
            json!(null),
            "b1",
        ),
        (folder, children, Equals, json!("a1"), "A"),
        (folder, children, NotEquals, json!("a1"), "B C"),
        (folder, children, In, json!(["a2", "b1"]), "A B"),
        (folder, children, NotIn, json!(["a2", "b1"]), "C"),
        (folder, children, IsNull, json!(null), "C"),
        (folder, children, IsNotNull, json!(null), "A B"),
        (folder, children, NotEquals, json!(null), "A B"),
        (folder, children, In, json!(["b1", null]), "B C"),
        (folder, children, StartsWith, json!("A"), "A"),
        (folder, children, Between, json!(["a2", "b0"]), "A"),
        (
            folder,
            "children.Demo/Document::totalCount",
            Equals,
            json!(2),
            "A",
        ),
        (
            folder,
            "children.Demo/Document::totalCount",
            LessThan,
            json!("2"),
            "B C",
        ),
        (
            folder,
            "children.Demo/Document::totalCount",
            Between,
            json!([0, 1]),
            "B C",
        ),
        (
            folder,
            "children.Demo/Document::totalCount",
            In,
            json!([0, 2]),
            "A C",
        ),
        (
            folder,
            "children.Demo/Document::exists",
            Equals,
            json!(true),
            "A B",
        ),
        (
            folder,
            "children.Demo/Document::exists",
            Equals,
            json!("false"),
            "C",
        ),
        (
            folder,
            "children.Demo/Document::exists",
            NotEquals,
            json!(true),
            "C",
        ),
        (
            folder,
            "children.Demo/Document[name=b1]::exists",
            Equals,
            json!(true),
            "B",
        ),
        (
            document,
            "parent.Demo/Folder->children.Demo/Document->name",
            Equals,
            json!("a2"),
            "a1 a2",
        ),
        (
            document,
            "parent.Demo/Folder->children.Demo/Document::totalCount",
            Equals,
            json!(1),
            "b1",
        ),
    ];
    for (ck_type, path, operator, value, expected) in table {
        let label = format!("{path} {operator:?} {value}");
        let found = names(&tenant, where_(ck_type, path, operator, value)).await;
        assert_eq!(found, expected, "{label}");
    }
    let both = Criteria::eq("name", "a1").and(Criteria::eq("rtVersion", 0));
    let same = Criteria::field("children.Demo/Document", Match, both);
    assert_eq!(
        names(&tenant, EntityQuery::of(folder).filter(same)).await,
        "A"
    );
}

#[tokio::test]
async fn archived_far_ends_are_not_there() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let entities = shelves(&tenant).await;
    let b1 = entities
        .iter()
        .find(|e| e.attributes.str("Name") == Some("b1"));
    let b1 = b1.unwrap().rt_id;
    tenant
        .delete(DeleteEntity::of("Demo/Document", b1))
        .await
        .unwrap();
    let exists = "children.Demo/Document::exists";
    let query = where_("Demo/Folder", exists, Operator::Equals, json!(true));
    assert_eq!(names(&tenant, query).await, "A");
}

#[tokio::test]
async fn entities_are_sorted_by_far_ends() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    shelves(&tenant).await;
    let sorted = async |path: &str, order| {
        let query = EntityQuery::of("Demo/Folder").sort(path, order);
        let page = tenant.query(query).await.unwrap();
        let names = page.items.iter().filter_map(|e| e.attributes.str("Name"));
        names.collect::<String>()
    };
    let (up, down) = (SortOrder::Ascending, SortOrder::Descending);
    let (count, name) = (
        "children.Demo/Document::totalCount",
        "children.Demo/Document->name",
    );
    assert_eq!(sorted(count, down).await, "ABC");
    assert_eq!(sorted(count, up).await, "CBA");
    assert_eq!(sorted(name, up).await, "CAB");
    assert_eq!(sorted(name, down).await, "BAC");
}

#[tokio::test]
async fn columns_show_values_of_far_ends() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    shelves(&tenant).await;
    let folders = tenant.query(EntityQuery::of("Demo/Folder").sort("name", SortOrder::Ascending));
    let ids: Vec<_> = folders
        .await
        .unwrap()
        .items
        .iter()
        .map(|e| e.rt_id)
        .collect();
    let paths = [
        "children.Demo/Document->name",
        "children.Demo/Document::totalCount",
        "children.Demo/Document::exists",
        "children.Demo/Document->parent.Demo/Folder->name",
    ];
    let columns = tenant
        .columns("Demo/Folder", &ids, &paths, |e| e)
        .await
        .unwrap();
    let shown: Vec<Json> = columns
        .iter()
        .map(|row| row.iter().map(|a| a.value.clone()).collect())
        .collect();
    let expected = [
        json!([["a1", "a2"], 2, true, ["A", "A"]]),
        json!(["b1", 1, true, "B"]),
        json!([0, false]),
    ];
    assert_eq!(shown, expected);
    assert_eq!(columns[1][0].attribute_name, paths[0]);
}

#[tokio::test]
async fn wrong_navigations_are_explained() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    for (path, part) in [
        (
            "childen.Demo/Document->name",
            "Association 'childen' not found for target type 'Demo/Document'. Did you mean 'children'?",
        ),
        ("children.Demo/Documnt->name", "Demo/Document"),
        (
            "children.Demo/Tool->name",
            "not found for target type 'Demo/Tool'. It leads to 'Demo/",
        ),
        ("children.Demo/Document->nam", "Did you mean 'name'?"),
        ("children.Demo/Document", "Match filter value"),
        ("children.Demo/Document::size", "Invalid navigation"),
        (
            "children.Demo/Document[nam=x]->name",
            "'nam' does not exist",
        ),
    ] {
        let query = EntityQuery::of("Demo/Folder").eq(path, "x");
        let problem = tenant.query(query).await.unwrap_err();
        assert!(matches!(problem, RuntimeError::InvalidQuery(_)));
        assert!(problem.to_string().contains(part), "{path}: {problem}");
    }
}

#[tokio::test]
async fn entities_can_be_asked_to_have_far_ends() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    shelves(&tenant).await;
    let children = |end: &str| format!("children.Demo/Document{end}");
    for (paths, expected) in [
        (vec![children("->name")], "A B"),
        (vec![children("->name"), children("->rtId")], "A B"),
        (vec![children("")], "A B"),
        (vec![children("[name=a1]->rtVersion")], "A"),
        (vec![children("->parent.Demo/Folder[name=B]->name")], "B"),
        (
            vec![children("[name=a1]->name"), children("[name=b1]->name")],
            "",
        ),
        (
            vec![
                children("::totalCount"),
                children("::exists"),
                "name".to_owned(),
            ],
            "A B C",
        ),
    ] {
        let query = EntityQuery::of("Demo/Folder").reaching(paths.clone());
        assert_eq!(names(&tenant, query).await, expected, "{paths:?}");
    }
    let wrong = [
        "childen.Demo/Document->name",
        "children.Demo/Document[->name",
    ];
    match tenant
        .query(EntityQuery::of("Demo/Folder").reaching(wrong))
        .await
    {
        Err(RuntimeError::InvalidQuery(problems)) => assert_eq!(problems.len(), 2),
        other => panic!("{other:?}"),
    }
    let many = (0..21).map(|at| children(&format!("[name={at}]->name")));
    let many = tenant
        .query(EntityQuery::of("Demo/Folder").reaching(many))
        .await;
    assert!(
        many.unwrap_err()
            .to_string()
            .contains("At most 20 attribute paths")
    );
}
