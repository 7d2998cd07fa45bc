//! The pages as hostile and clumsy visitors meet them.

use futures_util::future::join_all;
use octo_runtime::UpdateEntity;

use crate::browser::Browser;
use crate::platform::{ADMIN_PASSWORD, DEVICE_CLIENT, TestPlatform};

const LOGIN: &str = "/octosystem/login";
const WRONG: &str = "Invalid username or password";

#[tokio::test]
async fn the_root_leads_to_the_system_tenants_login_page() {
    let platform = TestPlatform::start().await;
    let page = Browser::new(&platform).open("/").await;
    assert_eq!(page.path, LOGIN);
    assert_eq!(page.html.matches("type=\"password\"").count(), 1);
    assert!(page.html.contains("<html lang=\"en\">"));
    for label in ["<label for=\"username\">", "<label for=\"password\">"] {
        assert!(page.html.contains(label), "{label}");
    }
}

#[tokio::test]
async fn pages_allow_no_scripts_frames_or_caching() {
    let platform = TestPlatform::start().await;
    for path in [LOGIN, "/nowhere/login"] {
        let page = Browser::new(&platform).open(path).await;
        let header = |name: &str| page.headers[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        for rule in [
            "default-src 'none'",
            "style-src 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(rule), "{policy}");
        }
        assert_eq!(header("x-frame-options"), "DENY");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("cache-control"), "no-store");
        assert!(!page.html.contains("<script") && !page.html.contains(" style="));
    }
    let stylesheet = platform.get("/assets/octo.css").await;
    assert_eq!(stylesheet.header("content-type"), "text/css; charset=utf-8");
}

#[tokio::test]
async fn signing_in_replaces_the_cookie_and_signing_out_ends_the_session() {
    let platform = TestPlatform::start().await;
    let mut browser = Browser::new(&platform);
    let form = browser.open(LOGIN).await.form("/login");
    let before = browser.cookies().clone();
    let filled = form
        .with("username", "admin")
        .with("password", ADMIN_PASSWORD);
    let answer = browser.send(&filled).await;
    assert_eq!(answer.status, 303);
    let cookie = answer.header("set-cookie").to_owned();
    assert!(
        cookie.ends_with("; Path=/octosystem; HttpOnly; SameSite=Lax"),
        "{cookie}"
    );
    assert_ne!(&before, browser.cookies());
    let page = browser.open(LOGIN).await;
    assert!(page.html.contains("You are signed in"), "{}", page.html);
    let stolen = browser.cookies().clone();
    let page = browser.submit(&page.form("/logout")).await;
    assert!(page.html.contains("You are signed out"), "{}", page.html);
    assert_ne!(&stolen, browser.cookies());
    let pair: Vec<_> = stolen
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let replayed = platform
        .http
        .get(platform.url(LOGIN))
        .header("cookie", pair.join("; "));
    let html = replayed.send().await.unwrap().text().await.unwrap();
    assert!(
        html.contains("type=\"password\""),
        "the old cookie still works"
    );
}

#[tokio::test]
async fn a_session_ends_when_idle() {
    let platform = TestPlatform::start().await;
    let mut browser = Browser::new(&platform);
    browser.sign_in(LOGIN, "admin", ADMIN_PASSWORD).await;
    platform.advance(3600);
    assert!(browser.open(LOGIN).await.html.contains("type=\"password\""));
}

#[tokio::test]
async fn wrong_names_and_wrong_passwords_look_the_same() {
    let platform = TestPlatform::start().await;
    let mut browser = Browser::new(&platform);
    let known = browser.sign_in(LOGIN, "admin", "wrong").await;
    let unknown = browser.sign_in(LOGIN, "nobody", "wrong").await;
    assert_eq!(
        (known.alert().as_str(), unknown.alert().as_str()),
        (WRONG, WRONG)
    );
    assert_eq!(known.status, unknown.status);
    assert_eq!(known.html.replace("admin", "nobody"), unknown.html);
    let blank = browser.sign_in(LOGIN, " ", "").await;
    assert_eq!(blank.alert(), "Username and password are required");
}

#[tokio::test]
async fn five_wrong_passwords_lock_the_account_for_five_minutes() {
    let platform = TestPlatform::start().await;
    let mut browser = Browser::new(&platform);
    for _ in 0..4 {
        assert_eq!(
            browser.sign_in(LOGIN, "admin", "wrong").await.alert(),
            WRONG
        );
    }
    assert_eq!(
        browser.sign_in(LOGIN, "admin", "wrong").await.alert(),
        "Account is locked out"
    );
    let right = browser.sign_in(LOGIN, "admin", ADMIN_PASSWORD).await;
    assert_eq!(right.alert(), "Account is locked out");
    let platform = platform.restart().await;
    let mut browser = Browser::new(&platform);
    let restarted = browser.sign_in(LOGIN, "admin", ADMIN_PASSWORD).await;
    assert_eq!(restarted.alert(), "Account is locked out");
    platform.advance(300);
    let page = browser.sign_in(LOGIN, "admin", ADMIN_PASSWORD).await;
    assert!(page.html.contains("You are signed in"), "{}", page.html);
}

#[tokio::test]
async fn an_address_has_twenty_wrong_logins() {
    let platform = TestPlatform::start().await;
    let mut browser = Browser::new(&platform);
    for attempt in 0..20 {
        let page = browser
            .sign_in(LOGIN, &format!("guess{attempt}"), "wrong")
            .await;
        assert_eq!(page.alert(), WRONG);
    }
    let page = browser.sign_in(LOGIN, "admin", ADMIN_PASSWORD).await;
    assert_eq!(page.status, 429);
    platform.advance(300);
    let page = browser.sign_in(LOGIN, "admin", ADMIN_PASSWORD).await;
    assert!(page.html.contains("You are signed in"));
}

#[tokio::test]
async fn a_form_without_its_token_or_cookie_is_refused() {
    let platform = TestPlatform::start().await;
    let mut browser = Browser::new(&platform);
    let form = browser.open(LOGIN).await.form("/login");
    let form = form
        .with("username", "admin")
        .with("password", ADMIN_PASSWORD);
    for csrf in ["", "forged"] {
        assert_eq!(
            browser
                .submit(&form.clone().with("csrf", csrf))
                .await
                .status,
            403
        );
    }
    let mut stranger = Browser::new(&platform);
    assert_eq!(stranger.submit(&form).await.status, 403);
    stranger.open(LOGIN).await;
    assert_eq!(stranger.submit(&form).await.status, 403);
    browser.submit(&form).await;
    let started = platform
        .start_device("octosystem", DEVICE_CLIENT, "openid")
        .await
        .json();
    let path = format!(
        "/octosystem/device?userCode={}",
        started["user_code"].as_str().unwrap()
    );
    let confirm = browser
        .open(&path)
        .await
        .form("/device/confirm")
        .with("decision", "allow");
    assert_eq!(browser.submit(&confirm.with("csrf", "")).await.status, 403);
    let code = started["device_code"].as_str().unwrap();
    assert_eq!(
        platform.poll(DEVICE_CLIENT, code).await.error(),
        "authorization_pending"
    );
}

#[tokio::test]
async fn nobody_is_sent_to_foreign_pages() {
    let platform = TestPlatform::start().await;
    for target in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/acme/device",
    ] {
        let mut browser = Browser::new(&platform);
        let mut url = reqwest::Url::parse(&platform.url(LOGIN)).unwrap();
        url.query_pairs_mut().append_pair("returnUrl", target);
        let form = browser
            .open(&format!("{LOGIN}?{}", url.query().unwrap()))
            .await
            .form("/login");
        assert_eq!(form.value("returnUrl"), LOGIN, "{target}");
        let form = form
            .with("username", "admin")
            .with("password", ADMIN_PASSWORD);
        let answer = browser.send(&form.with("returnUrl", target)).await;
        assert_eq!(answer.header("location"), LOGIN, "{target}");
    }
}

#[tokio::test]
async fn tenants_have_their_own_spelling_and_their_own_pages() {
    let platform = TestPlatform::start().await;
    let mut browser = Browser::new(&platform);
    let page = browser.open("/OctoSystem/device?userCode=1").await;
    assert!(
        page.path.starts_with("/octosystem/login?returnUrl="),
        "{}",
        page.path
    );
    assert_eq!(browser.open("/system/login").await.path, LOGIN);
    let unknown = browser.open("/nowhere/login").await;
    assert_eq!(unknown.status, 404);
    assert_eq!(browser.open("/%3Cscript%3E/login").await.status, 404);
}

#[tokio::test]
async fn input_is_shown_as_text() {
    let platform = TestPlatform::start().await;
    let name = "\"><script>alert(1)</script>";
    let page = Browser::new(&platform).sign_in(LOGIN, name, "wrong").await;
    assert!(!page.html.contains("<script>"), "{}", page.html);
    assert_eq!(page.form("/login").value("username"), name);
}

#[tokio::test]
async fn guessing_user_codes_is_cut_short() {
    let platform = TestPlatform::start().await;
    let mut browser = Browser::new(&platform);
    browser.sign_in(LOGIN, "admin", ADMIN_PASSWORD).await;
    for guess in 0..10 {
        let page = browser
            .open(&format!("/octosystem/device?userCode=00000000{guess}"))
            .await;
        assert_eq!(page.alert(), "Invalid or expired device code");
    }
    let started = platform
        .start_device("octosystem", DEVICE_CLIENT, "openid")
        .await
        .json();
    let path = format!(
        "/octosystem/device?userCode={}",
        started["user_code"].as_str().unwrap()
    );
    assert_eq!(browser.open(&path).await.status, 429);
    platform.advance(200);
    assert_eq!(browser.open(&path).await.status, 429);
}

#[tokio::test]
async fn a_password_set_by_others_must_be_changed_first() {
    let platform = TestPlatform::start().await;
    let system = platform.system();
    let ada = platform.create_user(&system, "ada", "Giv3n-by-admin").await;
    let due = UpdateEntity::from_entity(&ada).set("ResetPasswordOnLogin", true);
    system.update(due).await.unwrap();
    let started = platform
        .start_device("octosystem", DEVICE_CLIENT, "openid")
        .await
        .json();
    let path = format!(
        "/octosystem/device?userCode={}",
        started["user_code"].as_str().unwrap()
    );
    let mut browser = Browser::new(&platform);
    let page = browser.sign_in(&path, "ada", "Giv3n-by-admin").await;
    assert!(
        page.path.starts_with("/octosystem/password?"),
        "{}",
        page.path
    );
    for elsewhere in [path.as_str(), LOGIN] {
        let page = browser.open(elsewhere).await;
        assert!(
            page.path.starts_with("/octosystem/password?"),
            "{}",
            page.path
        );
    }
    let page = browser.open(&path).await;
    let choose = |password: &str, repeated: &str| {
        page.form("/password")
            .with("password", password)
            .with("repeated", repeated)
    };
    let differing = browser
        .submit(&choose("N3w-password", "N3w-passwort"))
        .await;
    assert_eq!(differing.alert(), "The two passwords are not the same.");
    let weak = browser.submit(&choose("weak", "weak")).await;
    assert!(
        weak.html.matches("Passwords must").count() >= 3,
        "{}",
        weak.html
    );
    let same = browser
        .submit(&choose("Giv3n-by-admin", "Giv3n-by-admin"))
        .await;
    assert_eq!(
        same.alert(),
        "The new password must differ from the current one."
    );
    let page = browser
        .submit(&choose("N3w-password", "N3w-password"))
        .await;
    assert!(page.html.contains("Allow access?"), "{}", page.html);
    let mut browser = Browser::new(&platform);
    assert_eq!(
        browser
            .sign_in(LOGIN, "ada", "Giv3n-by-admin")
            .await
            .alert(),
        WRONG
    );
    let page = browser.sign_in(LOGIN, "ada", "N3w-password").await;
    assert!(page.html.contains("You are signed in"), "{}", page.html);
}

#[tokio::test]
async fn many_guesses_at_once_count_one_by_one() {
    let platform = TestPlatform::start().await;
    let pages = guess_at_once(&platform, (0..8).map(|_| "admin".to_owned())).await;
    let locked = pages.iter().filter(|page| page.contains("locked out"));
    assert_eq!(
        locked.count(),
        4,
        "the fifth guess locks, and three more meet the lock"
    );
}

#[tokio::test]
async fn an_address_has_twenty_wrong_logins_at_once_as_well() {
    let platform = TestPlatform::start().await;
    let names = (0..30).map(|guess| format!("guess{guess}"));
    let pages = guess_at_once(&platform, names).await;
    let checked = pages.iter().filter(|page| page.contains(WRONG));
    assert_eq!(checked.count(), 20);
}

/// The pages that answer wrong passwords for these names, all sent at the same time.
async fn guess_at_once(
    platform: &TestPlatform,
    names: impl Iterator<Item = String>,
) -> Vec<String> {
    let mut browser = Browser::new(platform);
    let form = browser.open(LOGIN).await.form("/login");
    let form = form.with("password", "wrong");
    let cookie: Vec<_> = browser
        .cookies()
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let guesses = names.map(|name| {
        let guess = form.clone().with("username", &name);
        let request = platform.http.post(platform.url(LOGIN)).form(&guess.fields);
        let request = request.header("cookie", cookie.join("; "));
        async move { request.send().await.unwrap().text().await.unwrap() }
    });
    join_all(guesses).await
}
