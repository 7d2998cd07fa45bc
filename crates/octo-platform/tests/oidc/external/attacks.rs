//! Answers nobody asked for, used ones, and those of others.

use super::{CALLBACK, LOGIN, Pair};
use crate::browser::{Browser, Page};

fn is_expired(page: &Page) {
    assert_eq!(page.status, 400, "{}", page.html);
    assert!(page.alert().contains("has expired"), "{}", page.html);
}

fn param(address: &str, name: &str) -> String {
    let url: url::Url = address.parse().unwrap();
    let found = url.query_pairs().find(|(key, _)| key == name);
    found
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

#[tokio::test]
async fn the_request_to_the_provider_carries_all_protections() {
    let pair = Pair::start().await;
    let mut browser = Browser::new(&pair.ours);
    let address = pair.leave(&mut browser, LOGIN).await;
    for name in ["state", "nonce", "code_challenge"] {
        assert_eq!(param(&address, name).len(), 43, "{name}");
    }
    assert_eq!(param(&address, "code_challenge_method"), "S256");
    assert_eq!(param(&address, "response_type"), "code");
    assert_eq!(param(&address, "redirect_uri"), pair.ours.url(CALLBACK));
    assert_eq!(param(&address, "acr_values"), "tenant:octosystem");
    let again = pair.leave(&mut browser, LOGIN).await;
    for name in ["state", "nonce", "code_challenge"] {
        assert_ne!(param(&address, name), param(&again, name), "{name}");
    }
    assert!(
        !browser
            .cookies()
            .values()
            .any(|cookie| *cookie == param(&address, "state"))
    );
}

#[tokio::test]
async fn an_answer_counts_once_and_in_the_browser_that_asked() {
    let pair = Pair::start().await;
    pair.create_person("ada", "ada@partner.example", true).await;
    let mut browser = Browser::new(&pair.ours);
    let address = pair.leave(&mut browser, LOGIN).await;
    let back = pair.sign_in_there(&address, "ada").await;

    // Somebody else's browser, with and without a sign-in of its own under way.
    let mut victim = Browser::new(&pair.ours);
    is_expired(&pair.come_back(&mut victim, &back).await);
    pair.leave(&mut victim, LOGIN).await;
    is_expired(&pair.come_back(&mut victim, &back).await);
    assert!(victim.open(LOGIN).await.html.contains("Password"));

    let state = param(&back, "state");
    for wrong in [
        back.replace(&state, "guessed"),
        back.replace("state=", "other="),
        pair.ours.url(CALLBACK),
    ] {
        is_expired(&pair.come_back(&mut browser, &wrong).await);
    }
    let page = pair.come_back(&mut browser, &back).await;
    assert!(page.html.contains("Sign out"), "{}", page.html);
    is_expired(&pair.come_back(&mut browser, &back).await);
    assert_eq!(pair.linked().await.len(), 1);
}

#[tokio::test]
async fn a_code_of_another_sign_in_is_refused() {
    let pair = Pair::start().await;
    pair.create_person("ada", "ada@partner.example", true).await;
    pair.create_person("eve", "eve@partner.example", true).await;
    let mut browser = Browser::new(&pair.ours);
    let mut other = Browser::new(&pair.ours);
    let address = pair.leave(&mut browser, LOGIN).await;
    let own = pair.sign_in_there(&address, "ada").await;
    let address = pair.leave(&mut other, LOGIN).await;
    let foreign = pair.sign_in_there(&address, "eve").await;
    let mixed = own.replace(&param(&own, "code"), &param(&foreign, "code"));
    let page = pair.come_back(&mut browser, &mixed).await;
    assert_eq!(page.status, 403);
    assert!(
        page.alert().contains("could not be accepted"),
        "{}",
        page.html
    );
    assert!(pair.linked().await.is_empty());
}

#[tokio::test]
async fn an_answer_of_another_provider_is_refused() {
    let pair = Pair::start().await;
    pair.create_person("ada", "ada@partner.example", true).await;
    for change in ["", "http://evil.example/"] {
        let mut browser = Browser::new(&pair.ours);
        let address = pair.leave(&mut browser, LOGIN).await;
        let back = pair.sign_in_there(&address, "ada").await;
        let mut url: url::Url = back.parse().unwrap();
        let pairs: Vec<_> = url
            .query_pairs()
            .into_owned()
            .filter(|(name, _)| name != "iss")
            .collect();
        url.query_pairs_mut().clear().extend_pairs(pairs);
        if !change.is_empty() {
            url.query_pairs_mut().append_pair("iss", change);
        }
        let page = pair.come_back(&mut browser, url.as_str()).await;
        assert!(
            page.alert().contains("could not be accepted"),
            "{}",
            page.html
        );
    }
}

#[tokio::test]
async fn sign_ins_end_after_ten_minutes() {
    let pair = Pair::start().await;
    pair.create_person("ada", "ada@partner.example", true).await;
    let mut browser = Browser::new(&pair.ours);
    let address = pair.leave(&mut browser, LOGIN).await;
    let back = pair.sign_in_there(&address, "ada").await;
    pair.ours.advance(600);
    is_expired(&pair.come_back(&mut browser, &back).await);
}

#[tokio::test]
async fn people_are_led_nowhere_else_afterwards() {
    let pair = Pair::start().await;
    pair.create_person("ada", "ada@partner.example", true).await;
    for target in ["https://evil.example/", "//evil.example", "/other/device"] {
        let mut browser = Browser::new(&pair.ours);
        let page = browser.open(LOGIN).await;
        let form = page.form("/external/partner").with("returnUrl", target);
        let address = browser.submit(&form).await.path;
        let back = pair.sign_in_there(&address, "ada").await;
        let page = pair.come_back(&mut browser, &back).await;
        assert_eq!(page.path, LOGIN, "{target}");
        assert!(page.html.contains("Sign out"));
    }
}

#[tokio::test]
async fn the_button_needs_the_form_it_is_in() {
    let pair = Pair::start().await;
    let mut browser = Browser::new(&pair.ours);
    let form = browser.open(LOGIN).await.form("/external/partner");
    let page = browser.submit(&form.clone().with("csrf", "made up")).await;
    assert_eq!(page.status, 403);
    let mut other = Browser::new(&pair.ours);
    assert_eq!(other.submit(&form).await.status, 403);
}

#[tokio::test]
async fn nobody_begins_sign_ins_without_end() {
    let pair = Pair::start().await;
    let mut browser = Browser::new(&pair.ours);
    let form = browser.open(LOGIN).await.form("/external/partner");
    let mut statuses = Vec::new();
    for _ in 0..31 {
        statuses.push(browser.submit(&form).await.status.as_u16());
    }
    assert_eq!(statuses.pop(), Some(429));
    // The last page the browser was led to is the provider's.
    assert!(statuses.iter().all(|status| *status == 200));
}
