//! E-mail-domain group rules.

use octo_sdk::identity::EmailDomainGroupRuleDto;

use crate::groups::create_group;
use crate::platform::TestPlatform;

fn rule(domain: &str, group: &str) -> EmailDomainGroupRuleDto {
    EmailDomainGroupRuleDto {
        rt_id: Some("ignored".to_owned()),
        email_domain_pattern: domain.to_owned(),
        target_group_rt_id: group.to_owned(),
        description: Some("why".to_owned()),
    }
}

#[tokio::test]
async fn the_life_of_a_rule() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let group = create_group(&identity, "Guides").await;
    let created = identity
        .create_email_domain_group_rule(&rule("Example.ORG", &group.to_uppercase()))
        .await
        .unwrap();
    let id = created.rt_id.clone().unwrap();
    assert_eq!(created.email_domain_pattern, "example.org");
    assert_eq!(created.target_group_rt_id, group);
    assert_eq!(
        identity.email_domain_group_rule(&id).await.unwrap(),
        created
    );
    assert_eq!(
        identity.email_domain_group_rules().await.unwrap(),
        [created]
    );

    let other = EmailDomainGroupRuleDto {
        description: None,
        ..rule("other.org", &group)
    };
    let updated = identity
        .update_email_domain_group_rule(&id, &other)
        .await
        .unwrap();
    assert_eq!(updated.email_domain_pattern, "other.org");
    assert_eq!(updated.description, None, "the whole rule is replaced");

    for _ in 0..2 {
        identity.delete_email_domain_group_rule(&id).await.unwrap();
    }
    let gone = identity.email_domain_group_rule(&id).await.unwrap_err();
    assert!(gone.is_not_found());
    let back = identity
        .update_email_domain_group_rule(&id, &other)
        .await
        .unwrap();
    assert_eq!(back.rt_id, Some(id), "an unknown id creates a rule");
}

#[tokio::test]
async fn rules_that_no_log_in_could_follow_are_refused() {
    let platform = TestPlatform::start().await;
    let identity = platform.system_identity().await;
    let group = create_group(&identity, "Guides").await;
    for domain in ["@example.org", "*.example.org", "a b", &"x".repeat(101)] {
        let refused = identity
            .create_email_domain_group_rule(&rule(domain, &group))
            .await;
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("is not a domain"), "{refused}");
    }
    let nothing = rule("", "66ffffffffffffffffffffff");
    let refused = identity.create_email_domain_group_rule(&nothing);
    let refused = refused.await.unwrap_err().to_string();
    for part in ["The EmailDomainPattern field is required.", "Group with id"] {
        assert!(refused.contains(part), "all problems at once: {refused}");
    }
    assert!(
        identity
            .email_domain_group_rules()
            .await
            .unwrap()
            .is_empty()
    );
}
