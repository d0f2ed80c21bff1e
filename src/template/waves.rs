//! In which order repositories get an update, and when it stops: a few first, then more, then all, each wave after the pipelines
//! of the one before. Pure: what is known of each repository in, whose turn it is out.
//!
//! GitLab is the memory: a wave is over when its repositories hold the version or have an open merge request for it, and the
//! pipelines say so. Run again an hour later this goes on by itself.

use sha2::{Digest, Sha256};

/// How many of a hundred repositories, by wave, each with those before it.
const SHARES: [u8; 3] = [10, 50, 100];
/// Of a hundred pipelines of an update so many may fail.
const MOST_FAILED: usize = 10;

/// How far a repository is with the version in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It has to get it.
    Due,
    /// It has it, or has a merge request for it, and its pipeline is still to end.
    Waiting,
    Good,
    Failed,
    /// It is left out: held, pinned, declined, or no case for an update.
    Out,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rank {
    /// Chosen to be among the first.
    Canary,
    Other,
}

/// One repository, as far as its turn is concerned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) id: u64,
    pub(super) rank: Rank,
    pub(super) progress: Progress,
}

/// Whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// These, by their place in the list.
    Go { wave: usize, members: Vec<usize> },
    /// The pipelines of this wave have not all ended.
    Wait { wave: usize, pending: usize },
    /// Too many failed.
    Stop {
        wave: usize,
        failed: usize,
        of: usize,
    },
    /// All have it.
    Done,
}

/// `1`: the canaries.
pub(super) fn turn(members: &[Member]) -> Turn {
    let has_canaries = members
        .iter()
        .any(|one| one.rank == Rank::Canary && one.progress != Progress::Out);
    let mut earlier: Vec<&Member> = Vec::new();
    for wave in 1..=SHARES.len() + 1 {
        if wave == 1 && !has_canaries {
            continue;
        }
        let now: Vec<usize> = (0..members.len())
            .filter(|at| wave_of(&members[*at]) == wave)
            .collect();
        let counted = now
            .iter()
            .map(|at| &members[*at])
            .filter(|one| one.progress != Progress::Out);
        earlier.extend(counted);
        let count = |progress| {
            earlier
                .iter()
                .filter(|one| one.progress == progress)
                .count()
        };
        let (failed, waiting) = (count(Progress::Failed), count(Progress::Waiting));
        let ended = failed + count(Progress::Good);
        // One canary is enough: that is what they are for.
        let too_many = match wave {
            1 => failed > 0,
            _ => failed * 100 > ended * MOST_FAILED,
        };
        if too_many {
            return Turn::Stop {
                wave,
                failed,
                of: ended,
            };
        }
        let due: Vec<usize> = now
            .into_iter()
            .filter(|at| members[*at].progress == Progress::Due)
            .collect();
        if !due.is_empty() {
            return Turn::Go { wave, members: due };
        }
        if waiting > 0 && members.iter().any(|one| one.progress == Progress::Due) {
            return Turn::Wait {
                wave,
                pending: waiting,
            };
        }
    }
    Turn::Done
}

/// The same for the same project, whoever asks and whenever.
fn wave_of(member: &Member) -> usize {
    if member.rank == Rank::Canary {
        return 1;
    }
    let digest = Sha256::digest(member.id.to_le_bytes());
    let place = u16::from_le_bytes([digest[0], digest[1]]) % 100;
    SHARES
        .iter()
        .position(|share| place < u16::from(*share))
        .map_or(SHARES.len() + 1, |at| at + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(count: u64, progress: impl Fn(u64, Rank) -> Progress) -> Vec<Member> {
        let of = |id| {
            let rank = match id < 2 {
                true => Rank::Canary,
                false => Rank::Other,
            };
            Member {
                id,
                rank,
                progress: progress(id, rank),
            }
        };
        (0..count).map(of).collect()
    }

    #[test]
    fn canaries_go_first_and_alone() {
        let all = members(100, |_, _| Progress::Due);
        assert_eq!(
            turn(&all),
            Turn::Go {
                wave: 1,
                members: vec![0, 1]
            }
        );
        let waiting = members(100, |_, rank| match rank {
            Rank::Canary => Progress::Waiting,
            Rank::Other => Progress::Due,
        });
        assert_eq!(
            turn(&waiting),
            Turn::Wait {
                wave: 1,
                pending: 2
            }
        );
        let failed = members(100, |id, rank| match (id, rank) {
            (0, _) => Progress::Failed,
            (_, Rank::Canary) => Progress::Good,
            (_, Rank::Other) => Progress::Due,
        });
        assert_eq!(
            turn(&failed),
            Turn::Stop {
                wave: 1,
                failed: 1,
                of: 2
            }
        );
    }

    #[test]
    fn waves_grow_until_all_have_it() {
        let mut all = members(200, |_, rank| match rank {
            Rank::Canary => Progress::Good,
            Rank::Other => Progress::Due,
        });
        let mut sizes = Vec::new();
        loop {
            match turn(&all) {
                Turn::Go { members, .. } => {
                    sizes.push(members.len());
                    for at in members {
                        all[at].progress = Progress::Good;
                    }
                }
                Turn::Done => break,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(sizes.iter().sum::<usize>(), 198);
        assert!(
            sizes.len() == 3 && sizes[0] < sizes[1] && sizes[0] > 5,
            "{sizes:?}"
        );
    }

    #[test]
    fn it_stops_when_too_many_pipelines_fail() {
        let first = members(200, |_, _| Progress::Due);
        let of_first_wave = |id: u64| wave_of(&first[usize::try_from(id).unwrap()]) == 2;
        let all = members(200, |id, rank| match rank {
            Rank::Canary => Progress::Good,
            Rank::Other if of_first_wave(id) && id % 3 == 0 => Progress::Failed,
            Rank::Other if of_first_wave(id) => Progress::Good,
            Rank::Other => Progress::Due,
        });
        assert!(matches!(turn(&all), Turn::Stop { wave: 2, .. }));
    }

    #[test]
    fn without_canaries_and_with_few_it_still_comes_to_an_end() {
        let mut one = vec![Member {
            id: 7,
            rank: Rank::Other,
            progress: Progress::Due,
        }];
        assert!(matches!(turn(&one), Turn::Go { .. }));
        one[0].progress = Progress::Waiting;
        assert_eq!(turn(&one), Turn::Done);
        assert_eq!(turn(&[]), Turn::Done);
    }
}
