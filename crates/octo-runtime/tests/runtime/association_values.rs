//! Attributes of associations.

use octo_runtime::{
    AssociationDto, AssociationQuery, Attributes, ChangeSet, Entity, NewAssociation, NewEntity,
    RuntimeError, Tenant, Value,
};
use serde_json::json;

use crate::fixture::Fixture;

const KNOWS: &str = "Demo/Knows";

async fn person(tenant: &Tenant, email: &str) -> Entity {
    let person = NewEntity::of("Demo/Person").set("Email", email);
    tenant.insert(person).await.unwrap()
}

#[tokio::test]
async fn values_are_converted_completed_stored_and_shown() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let (ada, bob) = (person(&tenant, "ada").await, person(&tenant, "bob").await);
    let knows = NewAssociation::of(&ada, KNOWS, &bob)
        .set("Reason", "work")
        .assign("since", json!("2024-05-01"))
        .target_attribute("Demo-1.0.0/Email");
    let applied = tenant
        .apply(ChangeSet::new().add_association(knows))
        .await
        .unwrap();
    let stored = tenant
        .associations(AssociationQuery::of(bob.rt_id))
        .await
        .unwrap();
    assert_eq!(stored, applied.associated);
    let edge = &stored[0];
    assert_eq!(edge.attributes.str("Reason"), Some("work"));
    assert_eq!(edge.attributes.i32("Trust"), Some(3), "the default");
    assert!(edge.attributes.timestamp("Since").is_some());
    assert_eq!(edge.target_attributes, ["Demo/Email"]);
    let dto = serde_json::to_value(AssociationDto::new(edge, &tenant.graph())).unwrap();
    assert_eq!(
        dto["attributes"],
        json!([
            {"attributeName": "since", "value": "2024-05-01T00:00:00Z"},
            {"attributeName": "trust", "value": 3},
            {"attributeName": "reason", "value": "work"},
        ])
    );

    // Exchanging an association in one set is how its values change.
    let better = NewAssociation::of(&ada, KNOWS, &bob).set("Reason", "friends");
    let exchange = ChangeSet::new()
        .dissociate(&ada, KNOWS, &bob)
        .add_association(better);
    let applied = tenant.apply(exchange).await.unwrap();
    assert_eq!(applied.dissociated, stored);
    assert_eq!(
        applied.associated[0].attributes,
        Attributes::new()
            .set("Reason", "friends")
            .set("Trust", Value::Int(3))
    );
}

#[tokio::test]
async fn values_that_do_not_fit_are_all_reported() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let (ada, bob) = (person(&tenant, "ada").await, person(&tenant, "bob").await);
    let wrong = NewAssociation::of(&ada, KNOWS, &bob)
        .set("Nothing", 1)
        .assign("trust", json!("much"))
        .assign("colour", json!("red"))
        .target_attribute("Demo/Name");
    let error = tenant
        .apply(ChangeSet::new().add_association(wrong))
        .await
        .unwrap_err();
    let RuntimeError::InvalidValues(problems) = error else {
        panic!("{error}")
    };
    let expected = [
        "Attribute 'Nothing' is not defined on the Construction Kit association role of 'Demo/Knows'",
        "Value 'much' is not valid for attribute 'trust' of type Int",
        "Attribute 'colour' is not defined",
        "cannot refer to attribute 'Demo/Name'; the model offers 'Demo/Email'.",
    ];
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    for (problem, expected) in problems.iter().zip(expected) {
        assert!(problem.text.contains(expected), "{problem}");
    }

    let incomplete = ChangeSet::new().associate(&ada, KNOWS, &bob);
    match tenant.apply(incomplete).await.unwrap_err() {
        RuntimeError::Invalid(messages) => {
            assert_eq!(messages.codes(), [2]);
            assert!(
                messages
                    .to_string()
                    .contains("Mandatory attribute 'Reason'")
            );
        }
        other => panic!("{other}"),
    }
    let bare = NewAssociation::of(&ada, "Demo/Likes", &bob).set("Reason", "x");
    let bare = tenant.apply(ChangeSet::new().add_association(bare)).await;
    assert!(matches!(bare, Err(RuntimeError::InvalidValues(_))));
    let none = AssociationQuery::of(ada.rt_id);
    assert!(tenant.associations(none).await.unwrap().is_empty());
}

#[tokio::test]
async fn edges_of_an_entity_come_in_pages() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let hub = person(&tenant, "hub").await;
    let mut changes = ChangeSet::new();
    for n in 0..250 {
        let new = NewEntity::of("Demo/Person").set("Email", format!("p{n}"));
        changes = match n % 2 {
            0 => changes.associate(&hub, "Demo/Likes", &new),
            _ => changes.associate(&new, "Demo/Likes", &hub),
        };
        changes = changes.insert(new);
    }
    tenant.apply(changes).await.unwrap();
    let query = || AssociationQuery::of(hub.rt_id).take(100);
    let mut found = tenant.associations(query()).await.unwrap();
    let mut pages = 1;
    while let Some(last) = found.last().filter(|_| found.len() % 100 == 0) {
        let page = tenant.associations(query().after(last)).await.unwrap();
        found.extend(page);
        pages += 1;
    }
    assert_eq!((found.len(), pages), (250, 3));
    let whole = AssociationQuery::of(hub.rt_id);
    assert_eq!(tenant.associations(whole).await.unwrap(), found);
}
