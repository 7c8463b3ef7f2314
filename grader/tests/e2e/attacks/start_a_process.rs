// Starts other programs.
// verdict: passed

fn attack() {
    for program in ["/bin/sh", "/usr/bin/env", "kill", "sh"] {
        assert!(std::process::Command::new(program).spawn().is_err(), "{program} was started");
    }
}
