//! Routes of the identity service.

use octo_sdk::Secret;
use octo_sdk::identity::{IdentityClient, RegisterUserDto, UserDto, UsersPage};

use crate::recorder::Recorder;
use crate::{http, token};

pub(crate) async fn identity(answers: &[(u16, &str)]) -> (Recorder, IdentityClient) {
    let server = Recorder::start(answers).await;
    let client = IdentityClient::new(&http(), &server.url, "acme", token()).unwrap();
    (server, client)
}

#[tokio::test]
async fn every_request_carries_the_token_and_asks_for_json() {
    let (server, client) = identity(&[(200, "[]")]).await;
    client.users().await.unwrap();
    let request = server.only();
    assert_eq!(request.line, "GET /acme/v1/users");
    assert_eq!(request.header("authorization"), "bearer tok");
    assert!(request.header("accept").starts_with("application/json"));
    assert_eq!(request.body, "");
}

#[tokio::test]
async fn users_are_read_tolerantly() {
    let (_server, client) = identity(&[(
        200,
        r#"[{"userId":"65d5c447b420da3fb12381bc","name":"anna","email":null,
             "resetPasswordOnLogin":null,"somethingNew":1},{}]"#,
    )])
    .await;
    let users = client.users().await.unwrap();
    assert_eq!(users[0].name.as_deref(), Some("anna"));
    assert_eq!(users[1], UserDto::default());
}

#[tokio::test]
async fn user_pages() {
    let (server, client) = identity(&[(
        200,
        r#"{"totalCount":7,"skip":2,"take":1,"list":[{"name":"a"}]}"#,
    )])
    .await;
    let page = UsersPage {
        skip: 2,
        take: 1,
        filter: None,
    };
    let page = client.users_page(&page).await.unwrap();
    assert_eq!((page.total_count, page.list.len()), (7, 1));
    assert_eq!(
        server.lines(),
        ["GET /acme/v1/users/GetPaged?skip=2&take=1"]
    );
}

#[tokio::test]
async fn filters_of_pages_and_whole_sets_of_roles() {
    let page = r#"{"totalCount":0,"skip":0,"take":5,"list":[]}"#;
    let (server, client) = identity(&[(200, page), (200, page)]).await;
    let asked = UsersPage {
        skip: 0,
        take: 5,
        filter: Some("ä b"),
    };
    client.users_page(&asked).await.unwrap();
    client.roles_page(0, 5, Some("x")).await.unwrap();
    client
        .replace_user_roles("anna", &["r1".to_owned()])
        .await
        .unwrap();
    client.merge_users("anna", "an na").await.unwrap();
    let requests = server.requests();
    let sent: Vec<_> = requests
        .iter()
        .map(|request| format!("{} {}", request.line, request.body))
        .collect();
    assert_eq!(
        sent,
        [
            "GET /acme/v1/users/GetPaged?skip=0&take=5&filter=%C3%A4+b ",
            "GET /acme/v1/roles/GetPaged?skip=0&take=5&filter=x ",
            r#"PUT /acme/v1/users/anna/roles ["r1"]"#,
            r#"POST /acme/v1/users/anna/merge {"sourceUserName":"an na"}"#,
        ]
    );
}

#[tokio::test]
async fn names_are_encoded_in_paths() {
    let (server, client) = identity(&[(200, r#"{"name":"x"}"#)]).await;
    client.user("a/../b c+d@x.y").await.unwrap();
    client.delete_user("50%").await.unwrap();
    client.add_user_to_role("ä", "Role/One").await.unwrap();
    client
        .remove_user_from_role("anna", "R?x=1#y")
        .await
        .unwrap();
    assert_eq!(
        server.lines(),
        [
            "GET /acme/v1/users/a%2F..%2Fb%20c+d@x.y",
            "DELETE /acme/v1/users/50%25",
            "PUT /acme/v1/users/%C3%A4/roles/Role%2FOne",
            "DELETE /acme/v1/users/anna/roles/R%3Fx=1%23y",
        ]
    );
}

#[tokio::test]
async fn a_name_that_would_leave_the_path_is_not_sent() {
    let (server, client) = identity(&[]).await;
    let error = client.delete_user("..").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "'..' cannot be used as a name in a request."
    );
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn role_lists_of_a_user() {
    let (server, client) = identity(&[(200, r#"[{"id":"1","name":"A"}]"#), (200, "[]")]).await;
    assert_eq!(
        client.user_roles("anna").await.unwrap()[0].name.as_deref(),
        Some("A")
    );
    assert!(client.user_direct_roles("anna").await.unwrap().is_empty());
    assert_eq!(
        server.lines(),
        [
            "GET /acme/v1/users/anna/roles",
            "GET /acme/v1/users/anna/directRoles"
        ]
    );
}

#[tokio::test]
async fn create_writes_nulls_and_the_password() {
    let (server, client) = identity(&[]).await;
    let user = UserDto {
        name: Some("anna".into()),
        email: Some("anna@x.y".into()),
        ..UserDto::default()
    };
    let password = Some(Secret::new("Pa$$w0rd"));
    client
        .create_user(&RegisterUserDto { user, password })
        .await
        .unwrap();
    let request = server.only();
    assert_eq!(request.line, "POST /acme/v1/users");
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(
        request.body,
        r#"{"firstName":null,"lastName":null,"userId":null,"email":"anna@x.y","name":"anna","resetPasswordOnLogin":false,"externalLogins":null,"password":"Pa$$w0rd"}"#
    );
}

#[tokio::test]
async fn update_uses_the_old_name_in_the_path() {
    let (server, client) = identity(&[]).await;
    let user = UserDto {
        name: Some("new".into()),
        ..UserDto::default()
    };
    client.update_user("old", &user).await.unwrap();
    let request = server.only();
    assert_eq!(request.line, "PUT /acme/v1/users/old");
    assert!(
        request.body.contains(r#""email":null,"name":"new""#),
        "{}",
        request.body
    );
}

#[tokio::test]
async fn reset_sends_the_password_in_the_query_and_never_shows_it() {
    let (server, client) = identity(&[(500, "")]).await;
    let error = client
        .reset_password("anna", &Secret::new("a&b=c d"))
        .await
        .unwrap_err();
    assert!(!error.to_string().contains("a&b"), "{error}");
    let request = server.only();
    assert_eq!(
        request.line,
        "POST /acme/v1/users/ResetPassword?userName=anna&password=a%26b%3Dc+d"
    );
    assert_eq!(request.body, "");
}

#[tokio::test]
async fn a_lost_connection_does_not_show_the_password() {
    let unused = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", unused.local_addr().unwrap())
        .parse()
        .unwrap();
    drop(unused);
    let client = IdentityClient::new(&http(), &url, "acme", token()).unwrap();
    let error = client
        .reset_password("anna", &Secret::new("hidden1"))
        .await
        .unwrap_err();
    let printed = format!("{error} {error:?}");
    assert!(printed.starts_with("0: "), "{printed}");
    assert!(!printed.contains("hidden1"), "{printed}");
}

#[tokio::test]
async fn find_user_takes_404_for_unknown() {
    let (server, client) = identity(&[(404, r#"{"title":"Not Found"}"#)]).await;
    assert_eq!(client.find_user("nobody").await.unwrap(), None);
    assert_eq!(server.lines(), ["GET /acme/v1/users/nobody"]);
}

#[tokio::test]
async fn find_user_looks_at_the_list_after_500() {
    let list = r#"[{"name":"other","email":"ANNA@x.y"},{"name":"anna@X.y"}]"#;
    let (server, client) = identity(&[(500, ""), (200, list)]).await;
    let found = client.find_user("anna@x.y").await.unwrap().unwrap();
    assert_eq!(
        found.name.as_deref(),
        Some("anna@X.y"),
        "a name goes before an e-mail address"
    );
    assert_eq!(
        server.lines(),
        ["GET /acme/v1/users/anna@x.y", "GET /acme/v1/users"]
    );

    let (_server, client) = identity(&[(500, ""), (200, list)]).await;
    assert_eq!(client.find_user("nobody").await.unwrap(), None);
}

#[tokio::test]
async fn a_service_in_trouble_is_not_an_unknown_user() {
    let (_server, client) = identity(&[(500, ""), (500, "")]).await;
    assert!(client.find_user("anna").await.is_err());
}

#[tokio::test]
async fn roles() {
    let (server, client) = identity(&[
        (200, r#"[{"id":"1","name":"A"}]"#),
        (200, r#"{"id":"1","name":"A b"}"#),
    ])
    .await;
    assert_eq!(client.roles().await.unwrap().len(), 1);
    assert_eq!(client.role("A b").await.unwrap().id.as_deref(), Some("1"));
    client.create_role("New").await.unwrap();
    client.rename_role("New", "Newer").await.unwrap();
    client.delete_role("Newer").await.unwrap();
    let requests = server.requests();
    let lines: Vec<_> = requests
        .iter()
        .map(|request| request.line.as_str())
        .collect();
    assert_eq!(
        lines,
        [
            "GET /acme/v1/roles",
            "GET /acme/v1/roles/names/A%20b",
            "POST /acme/v1/roles",
            "PUT /acme/v1/roles/New",
            "DELETE /acme/v1/roles/Newer",
        ]
    );
    assert_eq!(requests[2].body, r#"{"id":null,"name":"New"}"#);
    assert_eq!(requests[3].body, r#"{"id":null,"name":"Newer"}"#);
}

#[tokio::test]
async fn provisioning_reads_both_answers() {
    let mapping = r#"{"id":"m","sourceTenantId":"octosystem","sourceUserId":"u",
        "sourceUserName":"admin","roleIds":["r"],"groupNames":null}"#;
    let (server, client) = identity(&[(201, mapping), (200, mapping)]).await;
    for _ in 0..2 {
        let mapping = client.provision_current_user("child").await.unwrap();
        assert_eq!(mapping.role_ids, ["r"]);
        assert!(mapping.group_names.is_empty());
    }
    assert_eq!(
        server.lines(),
        ["POST /acme/v1/adminProvisioning/child/provisionCurrentUser"; 2]
    );
}
