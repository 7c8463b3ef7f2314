// The same, with the macro under another name.
// verdict: rejected

use std::include_str as read;

pub const STOLEN: &str = read!("{CANARY}");

fn attack() {}
