//! What the templates show, and how a rendered page becomes a response.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;

#[derive(Template)]
#[template(path = "login.html")]
pub(super) struct LoginView {
    pub(super) tenant: String,
    pub(super) csrf: String,
    pub(super) return_url: String,
    pub(super) username: String,
    pub(super) directories: Vec<DirectoryChoice>,
    pub(super) providers: Vec<ProviderButton>,
    pub(super) error: Option<&'static str>,
}

/// Another service people may sign in with.
pub(super) struct ProviderButton {
    pub(super) action: String,
    pub(super) text: String,
}

/// A directory people may sign in with.
pub(super) struct DirectoryChoice {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) chosen: bool,
}

#[derive(Template)]
#[template(path = "signed_in.html")]
pub(super) struct SignedInView {
    pub(super) tenant: String,
    pub(super) csrf: String,
    pub(super) user_name: String,
}

#[derive(Template)]
#[template(path = "device_code.html")]
pub(super) struct DeviceCodeView {
    pub(super) tenant: String,
    pub(super) user_name: String,
    pub(super) user_code: String,
    pub(super) error: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "device_confirm.html")]
pub(super) struct DeviceConfirmView {
    pub(super) tenant: String,
    pub(super) csrf: String,
    pub(super) user_name: String,
    pub(super) user_code: String,
    pub(super) shown_code: String,
    pub(super) client_name: String,
    pub(super) client_id: String,
    pub(super) address: String,
    pub(super) scopes: Vec<String>,
}

#[derive(Template)]
#[template(path = "password.html")]
pub(super) struct PasswordView {
    pub(super) tenant: String,
    pub(super) csrf: String,
    pub(super) return_url: String,
    pub(super) user_name: String,
    pub(super) errors: Vec<&'static str>,
}

#[derive(Template)]
#[template(path = "logout.html")]
pub(super) struct LogoutView {
    pub(super) tenant: String,
    pub(super) csrf: String,
}

/// What an application asks for.
#[derive(Template)]
#[template(path = "consent.html")]
pub(super) struct ConsentView {
    pub(super) tenant: String,
    pub(super) csrf: String,
    pub(super) user_name: String,
    pub(super) request: String,
    pub(super) client_name: String,
    pub(super) client_id: String,
    pub(super) host: String,
    pub(super) is_local: bool,
    pub(super) self_registered: bool,
    pub(super) rememberable: bool,
    pub(super) scopes: Vec<String>,
}

#[derive(Template)]
#[template(path = "tenant_discovery.html")]
pub(super) struct TenantDiscoveryView {
    pub(super) request: String,
    pub(super) tenant: String,
    pub(super) error: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "end_session.html")]
pub(super) struct EndSessionView {
    pub(super) tenant: String,
    pub(super) csrf: String,
    pub(super) user_name: String,
    pub(super) request: String,
}

/// An answer the browser posts to an application.
#[derive(Template)]
#[template(path = "form_post.html")]
pub(super) struct FormPostView {
    pub(super) action: String,
    pub(super) host: String,
    pub(super) fields: Vec<(String, String)>,
}

/// Leads on without the browser taking it for a redirect of the form that came before.
#[derive(Template)]
#[template(path = "go_on.html")]
pub(super) struct GoOnView {
    pub(super) target: String,
}

#[derive(Template)]
#[template(path = "message.html")]
pub(super) struct MessageView {
    pub(super) title: &'static str,
    pub(super) text: &'static str,
    pub(super) is_error: bool,
    pub(super) link: Option<Link>,
}

pub(super) struct Link {
    pub(super) href: String,
    pub(super) text: &'static str,
}

/// Renders a page.
pub(super) fn page(status: StatusCode, view: &impl Template) -> Response {
    match view.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => failed(error),
    }
}

/// A page that only tells something.
pub(super) fn message(status: StatusCode, title: &'static str, text: &'static str) -> Response {
    page(
        status,
        &MessageView {
            title,
            text,
            is_error: !status.is_success(),
            link: None,
        },
    )
}

/// Something failed on this side; the cause is logged, not shown.
pub(super) fn failed(cause: impl std::fmt::Display) -> Response {
    tracing::error!(%cause, "a page could not be shown");
    let text = "Something went wrong on the server. Try again in a moment.";
    let view = MessageView {
        title: "Error",
        text,
        is_error: true,
        link: None,
    };
    let html = view.render().unwrap_or_else(|_| text.to_owned());
    (StatusCode::INTERNAL_SERVER_ERROR, Html(html)).into_response()
}
