//! Jobs: both route families and the rules of waiting.

use std::time::Duration;

use octo_sdk::bot::{BotClient, JobError, JobWait};

use crate::recorder::Recorder;
use crate::{http, token};

const AT_ONCE: JobWait = JobWait {
    interval: Duration::ZERO,
    minutes: 10,
};

async fn bot(answers: &[(u16, &str)]) -> (Recorder, BotClient) {
    let server = Recorder::start(answers).await;
    let client = BotClient::new(&http(), &server.url, "acme", token()).unwrap();
    (server, client)
}

#[tokio::test]
async fn the_tenant_route_is_enough() {
    let (server, client) = bot(&[(
        200,
        r#"{"id":"j/1","createdAt":"2026-01-02T03:04:05.1234567Z","status":"Processing"}"#,
    )])
    .await;
    let job = client.job("j/1").await.unwrap();
    assert_eq!(job.status.as_deref(), Some("Processing"));
    assert_eq!(server.lines(), ["GET /acme/v1/jobs?id=j%2F1"]);
}

#[tokio::test]
async fn the_system_route_answers_for_older_services() {
    let (server, client) = bot(&[
        (404, ""),
        (200, r#"{"id":"1","status":"Enqueued"}"#),
        (200, r#"{"id":"1","status":"Succeeded"}"#),
    ])
    .await;
    client.wait_for_job("1", AT_ONCE, |_| {}).await.unwrap();
    assert_eq!(
        server.lines(),
        [
            "GET /acme/v1/jobs?id=1",
            "GET /system/v1/jobs?id=1",
            "GET /system/v1/jobs?id=1"
        ]
    );
}

#[tokio::test]
async fn an_unknown_job_is_404() {
    let (_server, client) = bot(&[(404, ""), (404, r#""No job found with id: 1""#)]).await;
    let error = client.job("1").await.unwrap_err();
    assert_eq!(error.to_string(), "NotFound: No job found with id: 1");
}

#[tokio::test]
async fn waiting_reports_progress_until_success() {
    let (_server, client) = bot(&[
        (200, r#"{"id":"1","status":"Enqueued"}"#),
        (200, r#"{"id":"1","status":"Processing"}"#),
        (200, r#"{"id":"1","status":"Succeeded"}"#),
    ])
    .await;
    let mut seen = Vec::new();
    let job = client
        .wait_for_job("1", AT_ONCE, |job| seen.push(job.status.clone().unwrap()))
        .await
        .unwrap();
    assert_eq!(job.status.as_deref(), Some("Succeeded"));
    assert_eq!(seen, ["Enqueued", "Processing", "Succeeded"]);
}

#[tokio::test]
async fn failures_tell_why() {
    for (job, text) in [
        (
            r#"{"status":"Failed","errorMessage":"x","reason":"y"}"#,
            "Job '1' failed: x",
        ),
        (
            r#"{"status":"Failed","errorMessage":"","reason":"y"}"#,
            "Job '1' failed: y",
        ),
        (
            r#"{"status":"Failed"}"#,
            "Job '1' failed: (no reason given)",
        ),
        (
            r#"{"status":"Deleted"}"#,
            "Job '1' failed: it was deleted before it finished",
        ),
    ] {
        let (_server, client) = bot(&[(200, job)]).await;
        let error = client.wait_for_job("1", AT_ONCE, |_| {}).await.unwrap_err();
        assert_eq!(error.to_string(), text);
    }
}

#[tokio::test]
async fn no_time_means_one_look() {
    for minutes in [0, -3] {
        let (server, client) = bot(&[(200, r#"{"status":"Processing"}"#)]).await;
        let wait = JobWait { minutes, ..AT_ONCE };
        let error = client.wait_for_job("1", wait, |_| {}).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("Job '1' did not complete within {minutes} minutes (last status: Processing).")
        );
        assert_eq!(server.lines().len(), 1);
    }
}

#[tokio::test]
async fn a_short_outage_does_not_end_the_wait() {
    let mut answers = vec![(503, ""); 3];
    answers.push((200, r#"{"status":"Succeeded"}"#));
    let (_server, client) = bot(&answers).await;
    client.wait_for_job("1", AT_ONCE, |_| {}).await.unwrap();

    let (_server, client) = bot(&[(503, ""); 4]).await;
    let error = client.wait_for_job("1", AT_ONCE, |_| {}).await.unwrap_err();
    assert!(matches!(error, JobError::Service(_)), "{error}");
}
