//! Numbers from counters.

use octo_runtime::{ChangeSet, NewEntity};

use crate::fixture::Fixture;

#[tokio::test]
async fn counters_number_entities_until_they_end() {
    let fixture = Fixture::new().await;
    let tenant = fixture.tenant("acme").await;
    let invoice = || NewEntity::of("Demo/Invoice").set("Number", "mine");
    let error = tenant.insert(invoice()).await.unwrap_err();
    assert!(error.to_string().contains("'Invoices'"), "{error}");
    let counter = NewEntity::of("System/AutoIncrement")
        .well_known_name("Invoices")
        .set("CurrentValue", 0)
        .set("End", 3)
        .set("Format", "INV-{0:D4}");
    let counter = tenant.insert(counter).await.unwrap();
    let two = ChangeSet::new()
        .insert(NewEntity::of("Demo/Folder").set("Name", "in between"))
        .insert(invoice())
        .insert(invoice());
    let applied = tenant.apply(two).await.unwrap();
    let numbers = applied
        .inserted
        .iter()
        .filter_map(|e| e.attributes.str("Number"));
    assert_eq!(numbers.collect::<Vec<_>>(), ["INV-0001", "INV-0002"]);
    tenant.insert(invoice()).await.unwrap();
    let error = tenant.insert(invoice()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "Autoincrement end reached for attribute '{}'",
            counter.rt_id
        )
    );
    let counter = tenant
        .get("System/AutoIncrement", counter.rt_id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(counter.attributes.i32("CurrentValue"), Some(3));
}
