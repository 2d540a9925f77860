//! The parameters of a request's URI, parsed as Go's `net/url` parses them: anything wrong anywhere, and there are
//! none.

use std::borrow::Cow;

/// The first value of `key`, decoded.
pub(super) fn query_value<'a>(uri: &'a [u8], key: &[u8]) -> Option<Cow<'a, [u8]>> {
    let query = raw_query(uri)?;
    let mut value = None;
    for pair in query.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()) {
        if pair.contains(&b';') {
            return None;
        }
        let (name, text) = cut(pair, b'=').unwrap_or((pair, &[]));
        let (name, text) = (unescape(name)?, unescape(text)?);
        if value.is_none() && *name == *key {
            value = Some(text);
        }
    }
    value
}

/// What stands behind the `?` of a URI that is one.
fn raw_query(uri: &[u8]) -> Option<&[u8]> {
    let (uri, fragment) = cut(uri, b'#').unwrap_or((uri, &[]));
    if uri.iter().any(u8::is_ascii_control) || !escapes_are_fine(fragment) {
        return None;
    }
    if uri == b"*" {
        return Some(&[]);
    }
    let (scheme, rest) = scheme(uri)?;
    let (path, query) = cut(rest, b'?').unwrap_or((rest, &[]));
    if !path.starts_with(b"/") {
        let first = path.split(|&byte| byte == b'/').next().unwrap_or(path);
        return (!scheme.is_empty() || (!first.contains(&b':') && escapes_are_fine(path))).then_some(query);
    }
    let path = match path.strip_prefix(b"//") {
        Some(behind) if !scheme.is_empty() || !path.starts_with(b"///") => {
            let len = behind.iter().position(|&byte| byte == b'/').unwrap_or(behind.len());
            let (authority, path) = behind.split_at_checked(len)?;
            authority_is_fine(authority).then_some(path)?
        }
        _ => path,
    };
    escapes_are_fine(path).then_some(query)
}

/// What stands before the first colon, if that is a scheme; nothing if it ought to be one and is empty.
fn scheme(uri: &[u8]) -> Option<(&[u8], &[u8])> {
    for (at, byte) in uri.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return None,
            b':' => return Some((uri.get(..at)?, uri.get(at + 1..)?)),
            _ => break,
        }
    }
    Some((&[], uri))
}

fn authority_is_fine(authority: &[u8]) -> bool {
    let at = authority.iter().rposition(|&byte| byte == b'@');
    let (user, host) = match at.and_then(|at| authority.split_at_checked(at)) {
        Some((user, host)) => (user, host.get(1..).unwrap_or_default()),
        None => (&[][..], authority),
    };
    host_is_fine(host) && user.iter().all(|&byte| is_user_byte(byte)) && escapes_are_fine(user)
}

fn host_is_fine(host: &[u8]) -> bool {
    if host.starts_with(b"[") {
        let Some(end) = host.iter().rposition(|&byte| byte == b']') else { return false };
        let (address, port) = host.split_at_checked(end + 1).unwrap_or((host, &[]));
        let zone = address.windows(3).position(|three| three == b"%25").unwrap_or(address.len());
        let (address, zone) = address.split_at_checked(zone).unwrap_or((address, &[]));
        return port_is_fine(port) && host_escapes_are_fine(address) && escapes_are_fine(zone);
    }
    let colon = host.iter().rposition(|&byte| byte == b':').unwrap_or(host.len());
    let port = host.get(colon..).unwrap_or_default();
    port_is_fine(port) && host_escapes_are_fine(host)
}

fn port_is_fine(port: &[u8]) -> bool {
    port.is_empty() || port.strip_prefix(b":").is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
}

/// In a host, `%` may only stand for bytes that are not ASCII.
fn host_escapes_are_fine(host: &[u8]) -> bool {
    let allowed = |byte: &u8| {
        !byte.is_ascii() || byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:[]<>\"%".contains(byte)
    };
    let ascii = host.windows(3).any(|three| matches!(three, [b'%', b'0'..=b'7', _]) && three != b"%25");
    host.iter().all(allowed) && !ascii && escapes_are_fine(host)
}

fn is_user_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte)
}

fn escapes_are_fine(text: &[u8]) -> bool {
    let mut behind = text.split(|&byte| byte == b'%');
    behind.next();
    behind.all(|rest| matches!(rest, [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit()))
}

/// Undoes `%XX` and `+`.
fn unescape(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !text.iter().any(|byte| b"%+".contains(byte)) {
        return Some(Cow::Borrowed(text));
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let [high, low, behind @ ..] = behind else { return None };
                out.push(hexadecimal(*high)? << 4 | hexadecimal(*low)?);
                rest = behind;
            }
            _ => out.push(byte),
        }
    }
    Some(Cow::Owned(out))
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

fn cut(text: &[u8], mark: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(mark, text)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(uri: &str, key: &str) -> Option<String> {
        query_value(uri.as_bytes(), key.as_bytes()).map(|value| String::from_utf8_lossy(&value).into_owned())
    }

    #[test]
    fn finds_and_decodes() {
        let uri = "/api/pods?x=1&cmd=ls%20-l&cmd=two&empty&plus=a+b&eq=a=b";
        assert_eq!(value(uri, "cmd").as_deref(), Some("ls -l"));
        assert_eq!(value(uri, "empty").as_deref(), Some(""));
        assert_eq!(value(uri, "plus").as_deref(), Some("a b"));
        assert_eq!(value(uri, "eq").as_deref(), Some("a=b"));
        assert_eq!(value(uri, "nope"), None);
        assert_eq!(value("/a?x%3D=1", "x=").as_deref(), Some("1"));
        assert_eq!(value("/a?b=1#c?b=2", "b").as_deref(), Some("1"));
        assert_eq!(value("a?b=?c", "b").as_deref(), Some("?c"));
        assert_eq!(value("http://u:p@h:80/x?b=1", "b").as_deref(), Some("1"));
        assert_eq!(value("mailto:x?b=1", "b").as_deref(), Some("1"));
    }

    #[test]
    fn anything_wrong_and_there_is_nothing() {
        for uri in [
            "/a?b=1&c=%zz",
            "/a?b=1;c=2",
            "/a%zz?b=1",
            "/a?b=1&c=%2",
            "/a\n?b=1",
            "/a?b=1#%",
            ":a?b=1",
            "a:b/c?b=1%",
            "//h:x/?b=1",
            "//h%41/?b=1",
            "//[::1/?b=1",
            "1a:b?b=1",
        ] {
            assert_eq!(value(uri, "b"), None, "{uri}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(uri in "[/a:?#%&;=+@\\[\\]0-9é]{0,30}") {
            let _ = value(&uri, "a");
        }
    }
}
