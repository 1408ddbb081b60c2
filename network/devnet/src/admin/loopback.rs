//! Only callers that know they talk to this machine: a page of another site that a browser was led
//! here by (DNS rebinding) names that site's host.

use std::net::IpAddr;

use axum::{
    Json,
    extract::Request,
    http::{HeaderMap, StatusCode, Uri, header::HOST, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Refuses requests for another host than this machine by its loopback names.
pub(super) async fn only(request: Request, next: Next) -> Response {
    if is_loopback(request.uri(), request.headers()) {
        return next.run(request).await;
    }
    let error = "the admin endpoint answers to localhost and loopback addresses alone";
    let body = Json(serde_json::json!({ "error": error }));
    (StatusCode::FORBIDDEN, body).into_response()
}

/// Whether the host that a request names, if any, is this machine.
fn is_loopback(uri: &Uri, headers: &HeaderMap) -> bool {
    let named = headers.get_all(HOST).iter().map(|value| {
        let authority = value.to_str().ok()?.parse::<Authority>();
        Some(authority.ok()?.host().to_owned())
    });
    let in_uri = uri.host().map(|host| Some(host.to_owned()));
    let mut hosts = named.chain(in_uri);
    hosts.all(|host| host.is_some_and(|host| is_loopback_name(&host)))
}

fn is_loopback_name(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(host: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        is_loopback(&Uri::from_static("/dump"), &headers)
    }

    #[test]
    fn loopback_names_are_answered_to() {
        for host in [
            "localhost",
            "LOCALHOST:9443",
            "127.0.0.1:9443",
            "[::1]:9443",
            "127.1.2.3",
        ] {
            assert!(allows(host), "{host}");
        }
        assert!(is_loopback(
            &Uri::from_static("/healthz"),
            &HeaderMap::new()
        ));
    }

    #[test]
    fn other_names_are_not() {
        for host in [
            "evil.example",
            "evil.example:9443",
            "localhost.evil.example",
            "10.0.0.1",
            "",
        ] {
            assert!(!allows(host), "{host}");
        }
        let absolute = Uri::from_static("http://evil.example/dump");
        assert!(!is_loopback(&absolute, &HeaderMap::new()));
    }
}
