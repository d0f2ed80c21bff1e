//! Addresses that a job's Dockerfile may not make the host fetch from.
//!
//! The host stands where instance metadata, task credentials and admin ports answer. Names are resolved later; then
//! every address is asked about again ([`forbidden_address`]). Sources: RFC 6890 and its registries, RFC 6052 (NAT64),
//! RFC 3056 (6to4); AWS's instance metadata is 169.254.169.254 and fd00:ec2::254.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What is wrong with the address, as a noun; `None`: a job may have it fetched from.
pub(crate) fn forbidden_address(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => forbidden_v4(address),
        IpAddr::V6(address) => forbidden_v6(address),
    }
}

fn forbidden_v4(address: Ipv4Addr) -> Option<&'static str> {
    match address.octets() {
        [127, ..] => Some("a loopback address"),
        [169, 254, ..] => Some("a link-local address, where instance metadata answers"),
        // All of 0/8: "this host on this network".
        [0, ..] => Some("an unspecified address"),
        [224..=239, ..] => Some("a multicast address"),
        [255, 255, 255, 255] => Some("a broadcast address"),
        [240..=255, ..] => Some("a reserved address"),
        _ => None,
    }
}

fn forbidden_v6(address: Ipv6Addr) -> Option<&'static str> {
    let segments = address.segments();
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("an unspecified address"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("a loopback address"),
        [0xfe80..=0xfebf, ..] => Some("a link-local address"),
        [0xfec0..=0xfeff, ..] => Some("a site-local address"),
        [0xff00..=0xffff, ..] => Some("a multicast address"),
        [0xfd00, 0x0ec2, ..] => Some("an address of instance metadata"),
        // v4-compatible, v4-mapped (RFC 4291), v4-translated (RFC 2765).
        [0, 0, 0, 0, 0, 0, high, low]
        | [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        // NAT64: the well-known prefix, and the local one of RFC 8215 as far as it is used with /96.
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, _, _, high, low]
        // 6to4 carries its address in front.
        | [0x2002, high, low, ..] => forbidden_v4(v4(high, low)),
        _ => None,
    }
}

fn v4(high: u16, low: u16) -> Ipv4Addr {
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Ipv4Addr::new(a, b, c, d)
}

/// The address that a host in a URL is, in any form that some program reads as one: `127.1`, `0x7f000001`, `017700000001`.
///
/// # Errors
/// It ends like a number and is no address, so that programs differ over it.
pub(super) fn literal(host: &str) -> Result<Option<IpAddr>, ()> {
    if let Some(inside) = host.strip_prefix('[') {
        let inside = inside.strip_suffix(']').ok_or(())?;
        return inside
            .parse()
            .map(|address| Some(IpAddr::V6(address)))
            .map_err(|_| ());
    }
    let host = host.strip_suffix('.').unwrap_or(host);
    let parts: Vec<&str> = host.split('.').collect();
    // Source: the URL standard, "ends in a number".
    let last = parts.last().copied().unwrap_or_default();
    if number(last).is_none() && !last.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(None);
    }
    let numbers: Option<Vec<u64>> = parts.iter().map(|part| number(part)).collect();
    let numbers = numbers.filter(|numbers| numbers.len() <= 4).ok_or(())?;
    let (last, leading) = numbers.split_last().ok_or(())?;
    // The last number fills the octets that are left. Source: inet_aton(3).
    let mut address = 0_u64;
    for (index, number) in leading.iter().enumerate() {
        if *number > 255 {
            return Err(());
        }
        address |= number << (24 - 8 * index);
    }
    if *last >= 1 << (8 * (4 - leading.len())) {
        return Err(());
    }
    let address = u32::try_from(address | last).map_err(|_| ())?;
    Ok(Some(IpAddr::V4(Ipv4Addr::from(address))))
}

/// Decimal, hexadecimal behind `0x`, octal behind `0`.
fn number(part: &str) -> Option<u64> {
    let lower = part.to_ascii_lowercase();
    let (digits, radix) = match lower.strip_prefix("0x") {
        Some("") => ("0", 16),
        Some(digits) => (digits, 16),
        None if lower.len() > 1 && lower.starts_with('0') => (&lower[1..], 8),
        None => (lower.as_str(), 10),
    };
    digits
        .chars()
        .all(|c| c.is_digit(radix))
        .then(|| u64::from_str_radix(digits, radix).ok())
        .flatten()
}
