// Takes a module from outside of the submission.
// verdict: rejected

#[path = "{CANARY}"]
mod stolen;

fn attack() {}
