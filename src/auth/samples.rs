//! A job, and what its token says, for tests.

use crate::job::{Facts, Protection, Reference};

use super::Claims;

pub(super) fn facts() -> Facts {
    Facts {
        project: "shop/cart".to_owned(),
        project_id: 7,
        job_id: 12,
        user_id: Some(2),
        reference: Reference::Branch("main".to_owned()),
        protection: Protection::Protected,
        side_key: "0123456789abcdef".to_owned(),
    }
}

pub(super) fn claims() -> Claims {
    Claims {
        user_login: "ada.l".to_owned(),
        groups: vec!["shop/deployers".to_owned()],
        environment: Some("production".to_owned()),
        subject: "project_path:shop/cart:ref_type:branch:ref:main".to_owned(),
    }
}
