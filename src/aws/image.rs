//! An image in ECR: whether it is there, and as which digest.

use aws_sdk_ecr::types::{ImageIdentifier, ImageStatus};

use super::{Aws, Failure, Reason, Resource};

/// One image of a repository.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ImageId<'a> {
    Tag(&'a str),
    /// `sha256:…`
    Digest(&'a str),
}

#[derive(Clone, Debug)]
pub(crate) struct ImageDetail {
    pub(crate) digest: String,
    /// When this digest came into the repository, in seconds since 1970.
    pub(crate) pushed_secs: Option<i64>,
    /// It cannot be pulled. Source: ECR API reference, `ImageDetail.imageStatus`.
    pub(crate) is_archived: bool,
}

impl ImageId<'_> {
    pub(super) fn asked(self) -> ImageIdentifier {
        match self {
            ImageId::Tag(tag) => ImageIdentifier::builder().image_tag(tag).build(),
            ImageId::Digest(digest) => ImageIdentifier::builder().image_digest(digest).build(),
        }
    }

    pub(super) fn of(self, name: &str) -> String {
        match self {
            ImageId::Tag(tag) => format!("{name}:{tag}"),
            ImageId::Digest(digest) => format!("{name}@{digest}"),
        }
    }
}

impl Aws {
    /// The image, if it is there; `None` too where the repository is not.
    pub(crate) async fn image(
        &self,
        account: &str,
        name: &str,
        image: ImageId<'_>,
    ) -> Result<Option<ImageDetail>, Failure> {
        let request = self
            .ecr
            .describe_images()
            .registry_id(account)
            .repository_name(name);
        match request.image_ids(image.asked()).send().await {
            Ok(answer) => Ok(answer.image_details().first().and_then(|found| {
                let digest = found.image_digest()?.to_owned();
                Some(ImageDetail {
                    digest,
                    pushed_secs: found.image_pushed_at().map(|at| at.secs()),
                    is_archived: found.image_status() == Some(&ImageStatus::Archived),
                })
            })),
            Err(error) => {
                let about = Resource::Repository { account, name };
                let doing = format!(
                    "look at the image `{}` of account `{account}`",
                    image.of(name)
                );
                match self.ecr_call("DescribeImages", about, doing).failed(error) {
                    failure if failure.reason == Reason::NotFound => Ok(None),
                    failure => Err(failure),
                }
            }
        }
    }
}
