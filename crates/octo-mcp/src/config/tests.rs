use figment::Jail;

use super::*;

fn load(jail: &Jail, file: Option<&str>) -> Result<Config, ConfigError> {
    Config::load(file.map(|f| jail.directory().join(f)).as_deref())
}

#[test]
fn environment_wins_over_the_file_and_names_ignore_case() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        jail.create_file(
            "c.json",
            r#"{"Mcp":{"PublicUrl":"http://a.example/","Port":1}}"#,
        )?;
        jail.set_env("OCTO_MCP__PUBLICURL", "https://b.example");
        jail.set_env("OCTO_MCP__EXTRAAUDIENCES__1", "two");
        jail.set_env("OCTO_MCP__EXTRAAUDIENCES__0", "one");
        let config = load(jail, Some("c.json")).expect("loads");
        assert_eq!(
            config.mcp.publicurl.expect("set").as_str(),
            "https://b.example/"
        );
        assert_eq!(config.mcp.port, 1);
        assert_eq!(config.mcp.extraaudiences, ["one", "two"]);
        Ok(())
    });
}

#[test]
fn unknown_and_bad_values_are_all_named() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        jail.set_env("OCTO_MCP__PUBLICURK", "https://b.example");
        jail.set_env("OCTO_MCP__ANONYMOUSLOGIN", "Sometimes");
        jail.set_env("OCTO_MCP__BROKERHOST", "ignored");
        let error = load(jail, None).expect_err("refused").to_string();
        assert!(
            error.contains("OCTO_MCP__PUBLICURK is not a known setting"),
            "{error}"
        );
        assert!(
            error.contains("OCTO_MCP__ANONYMOUSLOGIN must be one of Loopback"),
            "{error}"
        );
        assert!(!error.contains("BROKERHOST"), "{error}");
        Ok(())
    });
}

#[test]
fn a_public_url_that_is_no_url_is_refused() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        for bad in ["mcp.local", "ftp://mcp.local"] {
            jail.set_env("OCTO_MCP__PUBLICURL", bad);
            let error = load(jail, None).expect_err("refused").to_string();
            assert!(error.to_uppercase().contains("PUBLICURL"), "{error}");
        }
        Ok(())
    });
}

#[test]
fn addresses_of_kubernetes_services_are_no_settings() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        jail.set_env("OCTO_MCP_SERVICE_HOST", "10.0.0.1");
        jail.set_env("OCTO_MCP_SERVICE_PORT_HTTP", "5016");
        jail.set_env("OCTO_MCP_PORT", "tcp://10.0.0.1:5016");
        jail.set_env("OCTO_MCP_PORT_5016_TCP_ADDR", "10.0.0.1");
        load(jail, None).expect("loads");
        jail.set_env("OCTO_MCP_PUBLICURL", "http://a.example");
        let error = load(jail, None).expect_err("refused").to_string();
        assert!(error.contains("OCTO_MCP_PUBLICURL"), "{error}");
        Ok(())
    });
}

#[test]
fn secrets_are_not_printed() {
    let config = EmbeddedConfig {
        adminpassword: Some(Secret::from("hunter2".to_owned())),
        ..EmbeddedConfig::default()
    };
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn knowledge_hosts_are_hosts() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        jail.set_env("OCTO_MCP__KNOWLEDGEHOSTS__0", "docs.local");
        jail.set_env("OCTO_MCP__KNOWLEDGEHOSTS__1", "[::1]:8080");
        assert_eq!(load(jail, None).expect("loads").mcp.knowledgehosts.len(), 2);
        jail.set_env("OCTO_MCP__KNOWLEDGEHOSTS__1", "http://docs.local/");
        let error = load(jail, None).expect_err("refused").to_string();
        assert!(
            error.contains("OCTO_MCP__KNOWLEDGEHOSTS")
                && error.contains("'http://docs.local/' is not a host"),
            "{error}"
        );
        Ok(())
    });
}
