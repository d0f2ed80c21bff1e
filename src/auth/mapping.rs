//! The platform's table of groups and roles, revision of May 2023: `id` is `<account>-<group>`, the oldest row decides.
//!
//! Pure; the rows come from `resolve`. Source: `aws-auth.ts` and `dynamodb-tables-construct.ts` of that revision.

use crate::aws::Texts;
use crate::error::{Cause, Error, Result};
use crate::rollout::clean;

pub(super) const ID: &str = "id";
const CREATED_AT: &str = "createdAt";
const ROLE_ARN: &str = "IAMRoleArn";
const LONGEST: usize = 200;

/// The role of the oldest row; `None`: there is no row. Rows without a moment come last.
///
/// # Errors
/// `Precondition`, naming the row: it has no role, or another row of the same moment has another role.
pub(super) fn role_of(rows: &[Texts], table: &str, id: &str) -> Result<Option<String>> {
    let moment = |row: &Texts| row.get(CREATED_AT).cloned().filter(|text| !text.is_empty());
    let order = |row: &&Texts| (moment(row).is_none(), moment(row));
    let Some(first) = rows.iter().min_by_key(order) else {
        return Ok(None);
    };
    let role = |row: &Texts| row.get(ROLE_ARN).cloned().filter(|text| !text.is_empty());
    let when = moment(first).map_or("without createdAt".to_owned(), |text| {
        format!("of {}", clean(&text, LONGEST))
    });
    let wrong = |why: String| {
        Error::precondition(format!("the row `{id}` {when} in the table `{table}` names no role to take"))
            .caused_by(Cause::line(why))
            .hint("the platform's operator mends the row: the oldest row of a group decides, and no later one in its place")
    };
    let Some(arn) = role(first) else {
        return Err(wrong(format!("it has no `{ROLE_ARN}`")));
    };
    let rival = rows
        .iter()
        .find(|row| order(row) == order(&first) && role(row).as_ref() != Some(&arn));
    if let Some(rival) = rival {
        let other = role(rival).unwrap_or_else(|| "none".to_owned());
        return Err(wrong(format!(
            "another row of the same moment has another role: `{}` and `{}`",
            clean(&arn, LONGEST),
            clean(&other, LONGEST)
        )));
    }
    Ok(Some(arn))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(moment: &str, role: &str) -> Texts {
        let texts = [(CREATED_AT, moment), (ROLE_ARN, role)];
        let given = texts.into_iter().filter(|(_, text)| !text.is_empty());
        given
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .collect()
    }

    #[test]
    fn the_oldest_row_decides_and_no_later_one_in_its_place() {
        let role = |rows: &[Texts]| role_of(rows, "t", "1-dev").map_err(|e| e.to_string());
        assert_eq!(role(&[]), Ok(None));
        let rows = [row("2026", "new"), row("2023", "old"), row("", "undated")];
        assert_eq!(role(&rows), Ok(Some("old".to_owned())));
        let told = role(&[row("2026", "new"), row("2023", "")]).unwrap_err();
        assert!(
            told.contains("the row `1-dev` of 2023 in the table `t`"),
            "{told}"
        );
        assert_eq!(
            role(&[row("2023", "a"), row("2023", "a")]),
            Ok(Some("a".to_owned()))
        );
        let told = role(&[row("2023", "a"), row("2023", "b")]).unwrap_err();
        assert!(told.contains("`a` and `b`"), "{told}");
    }
}
