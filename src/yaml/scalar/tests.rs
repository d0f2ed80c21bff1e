//! What words are, beside what Ruby says of them.

use super::*;

fn shown(text: &str) -> String {
    match plain(text) {
        Err(Date) => "date".to_owned(),
        Ok(Kind::Null) => "null".to_owned(),
        Ok(Kind::Bool(flag)) => flag.to_string(),
        Ok(Kind::Number(number)) => format!("number {number}"),
        Ok(Kind::Text(text)) => format!("text {text}"),
        Ok(Kind::List(_) | Kind::Map(_) | Kind::Reference(_)) => "more".to_owned(),
    }
}

#[test]
fn words_are_what_ruby_makes_of_them() {
    let words = [
        "no",
        "ON",
        "y",
        "~",
        "Null",
        "22:22",
        "8080:80",
        "1:30:05",
        "010",
        "089",
        "0x1F",
        "3.10",
        "1e3",
        "1.0e+3",
        "1_000",
        "+7",
        "-2",
        "-",
        ".",
        "1.2.3",
        "2024-01-31",
        "2024-01-31 10:00:00",
        "2024-13-01",
        "012345678901",
        "012345670123",
        "0o17",
        "a: b",
    ];
    insta::assert_snapshot!(words.map(|word| format!("{word} → {}", shown(word))).join("\n"), @r"
    no → false
    ON → true
    y → text y
    ~ → null
    Null → null
    22:22 → number 1342
    8080:80 → text 8080:80
    1:30:05 → number 5405
    010 → number 8
    089 → text 089
    0x1F → number 31
    3.10 → number 3.1
    1e3 → text 1e3
    1.0e+3 → number 1000.0
    1_000 → number 1000
    +7 → number 7
    -2 → number -2
    - → text -
    . → text .
    1.2.3 → text 1.2.3
    2024-01-31 → date
    2024-01-31 10:00:00 → date
    2024-13-01 → text 2024-13-01
    012345678901 → text 012345678901
    012345670123 → number 1402433619
    0o17 → text 0o17
    a: b → text a: b
    ");
}
