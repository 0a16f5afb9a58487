//! Who is let in: the page itself, and no other site through the user's browser.
//!
//! A site in another tab can send requests to this machine. It cannot set the header `X-Flocoder`, its requests name it as their
//! origin, and a name that it has bound to this machine is not among the hosts.

use std::net::{IpAddr, SocketAddr};

use axum::http::header::{self, HeaderMap, HeaderName};
use axum::http::{Method, StatusCode, Uri};

use super::query::parameter;
use super::token::Token;
use crate::serve::failure::Failure;

/// The header of the page's requests.
pub const HEADER: &str = "x-flocoder";
/// The path of the event stream, for which a page cannot set headers.
pub const EVENTS: &str = "/api/events";

/// Which requests are let in.
pub struct Access {
    /// Names of the host besides addresses.
    names: Vec<String>,
    /// Whether every address is a name of this host, since it listens on all.
    any_address: bool,
    token: Option<Token>,
    /// The cookie with the token, by port.
    cookie: String,
}

impl Access {
    /// Access to a server that listens on an address, which the user has called `host`. Other machines need the token.
    pub fn new(host: &str, address: SocketAddr, token: Option<Token>) -> Self {
        let local = if address.ip().is_loopback() { &["127.0.0.1", "::1"][..] } else { &[] };
        let own = [host.to_owned(), address.ip().to_string(), "localhost".to_owned()];
        let names = local.iter().map(|&name| name.to_owned()).chain(own).map(|name| name.to_lowercase()).collect();
        let cookie = format!("flocoder-{}", address.port());
        Self { names, any_address: address.ip().is_unspecified(), token, cookie }
    }

    /// The token, if one is needed.
    pub fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// The cookie that lets a browser in, without attributes.
    pub fn cookie(&self) -> Option<String> {
        self.token.as_ref().map(|token| format!("{}={}", self.cookie, token.text()))
    }

    /// Refuses a request that is not the page's.
    pub fn check(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Failure> {
        let host = one(headers, &header::HOST).filter(|host| self.is_own(host)).filter(|_| uri.authority().is_none());
        let host = host.ok_or_else(|| forbidden("this server is reached only by the URL that it has printed"))?;
        let from_elsewhere = || forbidden("requests of other sites are refused");
        let origins = headers.get_all(header::ORIGIN).iter().count();
        let own_origin = one(headers, &header::ORIGIN).and_then(|origin| origin.strip_prefix("http://")) == Some(host);
        if origins > 0 && !own_origin {
            return Err(from_elsewhere());
        }
        if !uri.path().starts_with("/api/") {
            return Ok(());
        }
        let site = HeaderName::from_static("sec-fetch-site");
        if one(headers, &site).is_some_and(|site| !matches!(site, "same-origin" | "none")) {
            return Err(from_elsewhere());
        }
        let is_listening = method == Method::GET && uri.path() == EVENTS;
        if is_listening || headers.contains_key(HEADER) {
            Ok(())
        } else {
            Err(forbidden("the header X-Flocoder is missing"))
        }
    }

    /// Whether a host with its port, if any, is this one.
    fn is_own(&self, host: &str) -> bool {
        let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((address, _)) => address,
            None => host.rsplit_once(':').map_or(host, |(name, _)| name),
        };
        let is_address = self.any_address && name.parse::<IpAddr>().is_ok();
        is_address || self.names.iter().any(|own| own.eq_ignore_ascii_case(name))
    }

    /// Whether a request has the token, if one is needed: in its cookie, or in its URL.
    pub fn is_known(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let Some(token) = &self.token else { return true };
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.any(|(name, value)| name == self.cookie && token.is(value)) || self.is_in(uri)
    }

    /// Whether the token is in a URL.
    pub fn is_in(&self, uri: &Uri) -> bool {
        self.token.as_ref().zip(parameter(uri, "token")).is_some_and(|(token, text)| token.is(text))
    }
}

/// The value of a header that is there once.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// A request that is not let in.
pub fn forbidden(sentence: &str) -> Failure {
    Failure::new(StatusCode::FORBIDDEN, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn access(host: &str, address: &str) -> Access {
        Access::new(host, address.parse().unwrap(), None)
    }

    #[test]
    fn hosts_are_those_of_the_url() {
        let local = access("127.0.0.1", "127.0.0.1:8000");
        for own in ["127.0.0.1:8000", "localhost:8000", "LOCALHOST", "[::1]:8000", "127.0.0.1:22"] {
            assert!(local.is_own(own), "{own}");
        }
        for foreign in
            ["example.com", "127.0.0.1.example.com:8000", "192.168.0.7:8000", "", "[::2]:8000", "evil@127.0.0.1"]
        {
            assert!(!local.is_own(foreign), "{foreign}");
        }
        let open = access("0.0.0.0", "0.0.0.0:8000");
        assert!(
            open.is_own("192.168.0.7:8000")
                && open.is_own("[fe80::1]:8000")
                && !open.is_own("rebound.example.com:8000")
        );
        let named = access("studio.local", "192.168.0.7:8000");
        assert!(
            named.is_own("studio.local:8000") && named.is_own("192.168.0.7:8000") && !named.is_own("192.168.0.8:8000")
        );
    }

    #[test]
    fn a_token_is_in_the_cookie_or_in_the_url() {
        let token = Token::random().unwrap();
        let text = token.text().to_owned();
        let access = Access::new("0.0.0.0", "0.0.0.0:8000".parse().unwrap(), Some(token));
        let known = |uri: &str, cookie: &str| {
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(cookie).unwrap())]);
            access.is_known(&uri.parse().unwrap(), &headers)
        };
        assert!(known(&format!("/?token={text}"), "") && known("/x", &format!("a=b; flocoder-8000={text}")));
        assert!(
            !known("/?token=0", "") && !known("/", &format!("flocoder-8001={text}")) && !known("/", "flocoder-8000=")
        );
    }
}
