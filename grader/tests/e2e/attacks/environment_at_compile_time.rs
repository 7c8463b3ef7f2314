// Reads the environment while compiling.
// verdict: rejected

pub const STOLEN: Option<&str> = option_env!("GRADLINGS_CANARY");

fn attack() {}
