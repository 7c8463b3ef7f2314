// The same, with the attribute written by a macro.
// verdict: rejected

macro_rules! module {
    ($attribute:ident) => {
        #[$attribute = "{CANARY}"]
        mod stolen;
    };
}

module!(path);

fn attack() {}
