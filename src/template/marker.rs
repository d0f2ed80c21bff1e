//! What a merge request of ours says of itself to the next run: a comment in its description that people do not see.

use crate::gitlab::MergeRequest;

/// The branch of all updates.
pub(super) const BRANCH: &str = "baws-ci/template-sync";
const BEGIN: &str = "<!-- baws-ci";
const END: &str = "-->";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    pub(super) version: String,
    /// What the repository had when it was opened.
    pub(super) from: String,
    /// A digest of everything that is changed.
    pub(super) plan: String,
    /// At the head of the branch: any other one is somebody else's.
    pub(super) commit: String,
}

impl Marker {
    pub(super) fn write(&self) -> String {
        format!(
            "{BEGIN} version={} from={} plan={} commit={} {END}",
            self.version, self.from, self.plan, self.commit
        )
    }

    /// Whether it offers the same.
    pub(super) fn offers(&self, version: &str, from: &str, plan: &str) -> bool {
        self.version == version && self.from == from && self.plan == plan
    }

    /// The text without its marker, and with a word about who closes it.
    pub(super) fn removed(text: &str) -> String {
        let text = text.rsplit_once(BEGIN).map_or(text, |(above, _)| above);
        format!(
            "{}\n\nWithdrawn: the operator went back to another version.\n",
            text.trim_end()
        )
    }

    /// That of a merge request, where it has one.
    pub(super) fn of(request: &MergeRequest) -> Option<Self> {
        Marker::read(request.description.as_deref()?)
    }

    /// The last one: what people quote stands above it.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (_, rest) = text.rsplit_once(BEGIN)?;
        let (inner, _) = rest.split_once(END)?;
        let value = |name: &str| {
            inner.split_whitespace().find_map(|pair| {
                let (key, value) = pair.split_once('=')?;
                (key == name).then(|| value.to_owned())
            })
        };
        Some(Marker {
            version: value("version")?,
            from: value("from")?,
            plan: value("plan")?,
            commit: value("commit")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_found_again_below_what_people_write() {
        let marker = Marker {
            version: "1.1.0".to_owned(),
            from: "1.0.0".to_owned(),
            plan: "abc".to_owned(),
            commit: "c0ffee".to_owned(),
        };
        let text = format!("hello\n\n{}\n", marker.write());
        assert_eq!(Marker::read(&text), Some(marker.clone()));
        let quoted = format!("<!-- baws-ci version=9 from=8 plan=x commit=y -->\n{text}");
        assert_eq!(Marker::read(&quoted), Some(marker));
        assert_eq!(Marker::read(&Marker::removed(&text)), None);
        for none in ["", "<!-- baws-ci", "<!-- baws-ci version=1 -->", "text"] {
            assert_eq!(Marker::read(none), None, "{none}");
        }
    }
}
