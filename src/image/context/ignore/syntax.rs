//! Whether Go's `filepath.Match` takes a pattern. Pure.
//!
//! Source: Go's `path/filepath/match.go`, which moby calls for its verdict on the syntax alone. Go 1.16 to 1.25 read the
//! whole pattern, and so does this; Go 1.26 stops where the match has failed, and lets more pass.

/// # Errors
/// What stands wrong in the pattern.
pub(super) fn check(mut pattern: &[u8]) -> Result<(), &'static str> {
    while !pattern.is_empty() {
        let stars = pattern.iter().take_while(|byte| **byte == b'*').count();
        let (chunk, rest) = pattern[stars..].split_at(chunk(&pattern[stars..]));
        check_chunk(chunk)?;
        pattern = rest;
    }
    Ok(())
}

/// The length up to the next star outside brackets.
fn chunk(pattern: &[u8]) -> usize {
    let (mut at, mut in_brackets) = (0, false);
    while at < pattern.len() {
        match pattern[at] {
            b'\\' => at += 1,
            b'[' => in_brackets = true,
            b']' => in_brackets = false,
            b'*' if !in_brackets => return at,
            _ => {}
        }
        at += 1;
    }
    pattern.len()
}

fn check_chunk(mut chunk: &[u8]) -> Result<(), &'static str> {
    while let [first, rest @ ..] = chunk {
        chunk = match first {
            b'[' => brackets(rest)?,
            b'\\' => rest.get(1..).ok_or("`\\` stands at the end")?,
            _ => rest,
        };
    }
    Ok(())
}

/// What follows the closing bracket.
fn brackets(inner: &[u8]) -> Result<&[u8], &'static str> {
    let mut inner = inner.strip_prefix(b"^").unwrap_or(inner);
    let mut is_first = true;
    loop {
        match inner {
            [b']', rest @ ..] if !is_first => return Ok(rest),
            _ => {}
        }
        inner = bound(inner)?;
        if let [b'-', rest @ ..] = inner {
            inner = bound(rest)?;
        }
        is_first = false;
    }
}

/// What follows one character, perhaps escaped, of a bracket; something has to.
fn bound(inner: &[u8]) -> Result<&[u8], &'static str> {
    const UNCLOSED: &str = "`[` is not closed";
    let character = match inner {
        [] => return Err(UNCLOSED),
        [b'-' | b']', ..] => {
            return Err(
                "`-` or `]` stands in brackets where a character should; put `\\` before it",
            );
        }
        [b'\\', rest @ ..] => rest,
        _ => inner,
    };
    let head = &character[..character.len().min(4)];
    let Some(first) = head.utf8_chunks().next() else {
        return Err(UNCLOSED);
    };
    let width = first.valid().chars().next().map(char::len_utf8);
    let width = width.ok_or("the bytes within `[` are no UTF-8")?;
    match &character[width..] {
        [] => Err(UNCLOSED),
        rest => Ok(rest),
    }
}
