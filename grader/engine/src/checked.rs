//! A check on its way from the learner's worker into the report.

use crate::{
    checks::{Miss, Probe, Raised},
    diagnosis::StepId,
    report::CheckReport,
};

/// What came of one check.
pub struct Checked {
    pub report: CheckReport,
    /// Why it did not pass.
    pub miss: Option<Miss>,
    /// The calls that were made.
    pub probes: Vec<Probe>,
    /// What the learner's code printed.
    pub prints: String,
    /// The steps that a diagnosis found to be wrong by themselves, and not only because of others.
    pub own_mistakes: Vec<StepId>,
}

impl Checked {
    /// What is wrong, as the message names it.
    pub fn quantities(&self) -> &[String] {
        self.miss.as_ref().map_or(&[], |miss| &miss.quantities)
    }

    /// Where learner code panicked.
    pub fn panic(&self) -> Option<&Raised> {
        self.miss.as_ref().and_then(|miss| miss.panic.as_deref())
    }
}
