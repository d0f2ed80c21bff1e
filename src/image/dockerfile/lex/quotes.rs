//! What stands between quotes. Single ones keep everything; in double ones variables and some escapes count.
//!
//! Source: buildkit `shell/lex.go`, `processSingleQuote` and `processDoubleQuote`.

use super::{LONGEST, Lexer, Marks, too_long};

impl Lexer<'_> {
    pub(super) fn single(&mut self) -> Result<String, String> {
        self.rest.next();
        let mut inside = String::new();
        loop {
            match self.rest.next() {
                None => return Err("a ' is missing".to_owned()),
                Some('\'') => break,
                Some(c) => inside.push(c),
            }
        }
        Ok(self.quoted('\'', inside))
    }

    pub(super) fn double(&mut self) -> Result<String, String> {
        self.rest.next();
        let mut inside = String::new();
        loop {
            match self.rest.peek().copied() {
                None => return Err("a \" is missing".to_owned()),
                Some('"') => break,
                Some('$') => {
                    inside.push_str(&self.dollar()?);
                    if inside.len() > LONGEST {
                        return Err(too_long());
                    }
                }
                Some(c) if c == self.escape => {
                    self.rest.next();
                    let next = self.rest.peek().copied();
                    match next {
                        None => continue,
                        Some(next) if matches!(next, '"' | '$') || next == self.escape => {
                            if self.marks == Marks::Kept {
                                inside.push(c);
                            }
                            inside.push(next);
                            self.rest.next();
                        }
                        // Source: other characters keep the escape character; with raw escapes it stands twice.
                        Some(_) => {
                            if self.marks == Marks::Kept {
                                inside.push(c);
                            }
                            inside.push(c);
                        }
                    }
                }
                Some(c) => {
                    self.rest.next();
                    inside.push(c);
                }
            }
        }
        self.rest.next();
        Ok(self.quoted('"', inside))
    }

    fn quoted(&self, quote: char, inside: String) -> String {
        match self.marks {
            Marks::Kept => format!("{quote}{inside}{quote}"),
            Marks::Removed => inside,
        }
    }
}
