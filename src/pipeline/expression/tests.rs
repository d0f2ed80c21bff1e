//! Conditions that hold, that do not, and that are none.

use super::Expression;

fn holds(text: &str) -> bool {
    let lookup = |name: &str| {
        let known = [
            ("BRANCH", "feature/x"),
            ("EMPTY", ""),
            ("PATTERN", "/^feature/"),
            ("A", "1"),
            ("B", "1"),
        ];
        known
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    };
    Expression::parse(text).unwrap().is_true(&lookup)
}

#[test]
fn conditions_hold_as_in_gitlab() {
    for text in [
        "$BRANCH",
        "$A == $B",
        "$MISSING == null",
        "$EMPTY != null",
        "$EMPTY == \"\"",
        "$BRANCH =~ /^FEATURE\\//i",
        "$BRANCH !~ /^release/",
        "$BRANCH =~ $PATTERN",
        "$MISSING || $A == '1'",
        "$A == '0' && $MISSING || $B",
        "$A == '1' && ($MISSING || $B == \"1\")",
        "\"text\" == \"text\"",
        "$MISSING !~ /x/",
    ] {
        assert!(holds(text), "{text}");
    }
    for text in [
        "$EMPTY",
        "$MISSING",
        "$MISSING == \"\"",
        "$A != '1'",
        "$MISSING =~ /x/",
        "$A && $EMPTY",
        "null",
    ] {
        assert!(!holds(text), "{text}");
    }
}

#[test]
fn what_is_no_condition_says_why() {
    let said = [
        "",
        "$",
        "${A} == 1",
        "$A = 'x'",
        "$A == ",
        "!$A",
        "($A",
        "$A)",
        "$A == x",
        "$A =~ /x",
        "$A =~ /(/",
        "$A =~ /(?!x)/",
        "$A > 1",
        "$A == 'x",
        "$A & $B",
        "$A $B",
        "$A =~ /x/q",
    ]
    .map(|text| match Expression::parse(text) {
        Ok(_) => format!("{text} → fine"),
        Err(wrong) => format!(
            "{text} → {}{}",
            wrong.text,
            wrong
                .hint
                .map_or(String::new(), |hint| format!(" ({hint})"))
        ),
    });
    insta::assert_snapshot!(format!("-\n{}", said.join("\n")), @r"
    -
     → it is empty
    $ → a `$` without the name of a variable
    ${A} == 1 → a `$` without the name of a variable (GitLab takes `$NAME` here, not `${NAME}`)
    $A = 'x' → `= ` is no part of an expression (equality is `==`)
    $A ==  → it ends where a variable, a text or a pattern should follow
    !$A → `!$` is no part of an expression (there is no `!`: compare with `!=` or `!~`, or with `== null`)
    ($A → a parenthesis is not closed
    $A) → `)` is one too many
    $A == x → `x` is no part of an expression (a text needs quotes, a variable a `$`)
    $A =~ /x → the pattern is not closed with `/`
    $A =~ /(/ → the pattern `/(/` is not valid: unclosed group
    $A =~ /(?!x)/ → the pattern `/(?!x)/` is not valid: look-around, including look-ahead and look-behind, is not supported (GitLab's patterns are RE2: no look-around; use a second condition with `!~`)
    $A > 1 → `>` is no part of an expression (there is no order between texts: GitLab knows ==, !=, =~ and !~)
    $A == 'x → the quote ' is not closed
    $A & $B → `& ` is no part of an expression (and is `&&`)
    $A $B → `$B` is one too many
    $A =~ /x/q → the pattern `/x/q` has an unknown flag `q`
    ");
}

proptest::proptest! {
    #[test]
    fn fuzz_conditions(text in "(\\$[A-Z]{0,2}|\"[a-z]{0,2}\"?|/[a-z(|]{0,3}/?|null|==|!=|=~|!~|&&|\\|\\||[()]|\\PC| ){0,12}") {
        if let Ok(expression) = Expression::parse(&text) {
            expression.is_true(&|name| Some(name.to_owned()));
        }
    }
}
