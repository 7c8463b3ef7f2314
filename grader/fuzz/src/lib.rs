//! What holds whatever the bytes are. Each function panics when it does not.

mod frame;
mod report;
mod scan;
mod submission;

pub use frame::frame;
pub use report::report;
pub use scan::scan;
pub use submission::submission;
