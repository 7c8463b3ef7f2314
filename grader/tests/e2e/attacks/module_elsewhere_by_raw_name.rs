// The same, with the attribute spelled as a raw identifier.
// verdict: rejected

#[r#path = "{CANARY}"]
mod stolen;

fn attack() {}
