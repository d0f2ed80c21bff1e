//! The server's clock: the `Date` of an answer, which is what other moments of the same server are compared with.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::Format;

use crate::rollout::At;

/// Reads the clock off the one call that it is given to.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock(Arc<Mutex<At>>);

impl Clock {
    /// 0: no answer came, or it told none.
    pub(super) fn at(&self) -> At {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for Clock {
    fn name(&self) -> &'static str {
        "Clock"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let moment = date.and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        if let Some(millis) = moment.and_then(|moment| moment.to_millis().ok()) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = At(millis);
        }
        Ok(())
    }
}
