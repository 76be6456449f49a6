// SPDX-License-Identifier: GPL-2.0

//! What the timers of listeners and connections have in common.

use kernel::{
    sync::Arc,
    time::{
        hrtimer::{
            ArcHrTimerHandle,
            HasHrTimer,
            HrTimerPointer,
            RelativeMode, //
        },
        Delta,
        Monotonic, //
    }, //
};

/// Sets the timer of `of`, to fire once when `after` is over. What it was set to before is forgotten.
///
/// Dropping the handle cancels it, and waits for it if it is just firing.
pub(super) fn set<T>(handle: &mut Option<ArcHrTimerHandle<T>>, of: &Arc<T>, after: Delta)
where
    T: HasHrTimer<T>,
    Arc<T>: HrTimerPointer<
        TimerMode = RelativeMode<Monotonic>,
        TimerHandle = ArcHrTimerHandle<T>, //
    >,
{
    // The old handle goes first: dropping it cancels the timer that the new one starts.
    *handle = None;
    *handle = Some(of.clone().start(after));
}

/// Makes the field `timer` of a type a timer that calls a method of it, with an [`Arc`], when it
/// fires.
macro_rules! impl_timer {
    ($type:ty, $method:ident) => {
        kernel::impl_has_hr_timer! {
            impl HasHrTimer<Self> for $type {
                mode: kernel::time::hrtimer::RelativeMode<kernel::time::Monotonic>,
                field: self.timer
            }
        }

        impl kernel::time::hrtimer::HrTimerCallback for $type {
            type Pointer<'a> = kernel::sync::Arc<Self>;

            fn run(
                this: kernel::sync::ArcBorrow<'_, Self>,
                _ctx: kernel::time::hrtimer::HrTimerCallbackContext<'_, Self>,
            ) -> kernel::time::hrtimer::HrTimerRestart {
                kernel::sync::Arc::from(this).$method();
                kernel::time::hrtimer::HrTimerRestart::NoRestart
            }
        }
    };
}
pub(super) use impl_timer;
