//! E-mail-domain group rules (`spec/identity.md` 4.8).

use ::http::StatusCode;

use super::{EmailDomainGroupRuleDto, IdentityClient};
use crate::ServiceError;

const ROUTE: &str = "emailDomainGroupRules";

impl IdentityClient {
    /// D1: all rules of the tenant.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn email_domain_group_rules(
        &self,
    ) -> Result<Vec<EmailDomainGroupRuleDto>, ServiceError> {
        self.service.get(&[ROUTE]).read_list_in(ROUTE).await
    }

    /// D2: the rule with this runtime id.
    ///
    /// # Errors
    /// [`ServiceError`]; 404 for an unknown rule.
    pub async fn email_domain_group_rule(
        &self,
        id: &str,
    ) -> Result<EmailDomainGroupRuleDto, ServiceError> {
        self.service.get(&[ROUTE, id]).read().await
    }

    /// D3: creates a rule and returns it.
    ///
    /// Real services may answer 500 although they have stored the rule (section 8.10). Then the
    /// list decides: a rule that was not there before and says the same is the new one.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn create_email_domain_group_rule(
        &self,
        rule: &EmailDomainGroupRuleDto,
    ) -> Result<EmailDomainGroupRuleDto, ServiceError> {
        let before = self.email_domain_group_rules().await?;
        let created = self.service.post(&[ROUTE]).json(rule).read().await;
        let Err(error) = created else {
            return created;
        };
        if error.status() != Some(StatusCode::INTERNAL_SERVER_ERROR) {
            return Err(error);
        }
        let now = self.email_domain_group_rules().await?;
        now.into_iter()
            .find(|found| {
                says_the_same(found, rule) && !before.iter().any(|b| b.rt_id == found.rt_id)
            })
            .ok_or(error)
    }

    /// D4: replaces a rule. Services create one when there is none of that id.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn update_email_domain_group_rule(
        &self,
        id: &str,
        rule: &EmailDomainGroupRuleDto,
    ) -> Result<EmailDomainGroupRuleDto, ServiceError> {
        self.service.put(&[ROUTE, id]).json(rule).read().await
    }

    /// D5: deletes a rule.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn delete_email_domain_group_rule(&self, id: &str) -> Result<(), ServiceError> {
        self.service.delete(&[ROUTE, id]).done().await
    }
}

fn says_the_same(left: &EmailDomainGroupRuleDto, right: &EmailDomainGroupRuleDto) -> bool {
    left.email_domain_pattern
        .eq_ignore_ascii_case(&right.email_domain_pattern)
        && left
            .target_group_rt_id
            .eq_ignore_ascii_case(&right.target_group_rt_id)
}
