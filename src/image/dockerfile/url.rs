//! The URLs from which a job's `ADD` may be fetched.

use super::address::{forbidden_address, literal};

/// What the host needs of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fetch {
    /// The name that the file has in the image when it is put into a directory.
    pub(super) file_name: String,
}

/// Names under which metadata services answer. Sources: the clouds' documentation.
const FORBIDDEN_NAMES: [&str; 5] = [
    "localhost",
    "metadata",
    "metadata.google.internal",
    "instance-data",
    "instance-data.ec2.internal",
];

pub(super) fn is_http(text: &str) -> bool {
    // Source: buildkit `convert.go`, `isHTTPSource`: this letter case only.
    text.starts_with("http://") || text.starts_with("https://")
}

/// # Errors
/// A sentence: why the host does not fetch from there.
pub(super) fn check(url: &str) -> Result<Fetch, String> {
    let (_, rest) = url.split_once("://").ok_or("it is no URL")?;
    let odd = |c: char| !c.is_ascii_graphic() || "\\\"<>^`{|}".contains(c);
    if url.chars().any(odd) {
        return Err("it holds characters that a URL has to escape".to_owned());
    }
    if url.contains('#') {
        return Err("a URL with `#` is read as a git repository by some builders".to_owned());
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, behind) = rest.split_at(end);
    check_host(authority)?;
    let path = decoded(behind.split('?').next().unwrap_or_default())?;
    if path.ends_with(".git") {
        return Err(
            "it is a git repository, which builders clone with the host's rights".to_owned(),
        );
    }
    Ok(Fetch {
        file_name: file_name(&path)?,
    })
}

/// # Errors
/// A sentence: the host part is none, or one that a job may not reach through the host.
pub(in crate::image) fn check_host(authority: &str) -> Result<(), String> {
    if authority.contains('@') {
        return Err("it holds a user name or password".to_owned());
    }
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => {
            if port.parse::<u16>().is_err() {
                return Err(format!("`{port}` is no port"));
            }
            host
        }
        _ => authority,
    };
    let sound = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    if host.is_empty() || !host.chars().all(sound) {
        return Err(format!("`{host}` is no host name"));
    }
    match literal(host) {
        Err(()) => Err(format!("`{host}` is neither a host name nor an address")),
        Ok(Some(address)) => match forbidden_address(address) {
            Some(what) => Err(format!("`{host}` is {what}")),
            None => Ok(()),
        },
        Ok(None) if host.contains([':', '[', ']']) => Err(format!("`{host}` is no host name")),
        Ok(None) => {
            let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
            match FORBIDDEN_NAMES.contains(&name.as_str()) || name.ends_with(".localhost") {
                true => Err(format!(
                    "`{host}` is this host itself, or its metadata service"
                )),
                false => Ok(()),
            }
        }
    }
}

fn decoded(path: &str) -> Result<String, String> {
    let broken = || "its path holds a `%` that escapes nothing".to_owned();
    let (mut bytes, mut rest) = (Vec::new(), path.bytes());
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|c| char::from(c).to_digit(16));
        let (high, low) = (digit().ok_or_else(broken)?, digit().ok_or_else(broken)?);
        bytes.push(u8::try_from(high * 16 + low).map_err(|_| broken())?);
    }
    String::from_utf8(bytes).map_err(|_| broken())
}

/// Source: buildkit `convert.go`: `path.Base` of the URL's path, `__unnamed__` where there is none.
fn file_name(path: &str) -> Result<String, String> {
    let name = path
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    if name.is_empty() {
        return Ok("__unnamed__".to_owned());
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "._+~@%=,-".contains(c);
    match name.chars().all(plain) && !name.starts_with('-') && name != "." && name != ".." {
        true => Ok(name.to_owned()),
        false => Err(
            "its last part holds characters that no file name of an `ADD` may have here".to_owned(),
        ),
    }
}
