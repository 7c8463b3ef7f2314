// Opens a file to others.
// verdict: passed

fn attack() {
    use std::os::unix::fs::PermissionsExt;
    
    let open = std::fs::Permissions::from_mode(0o777);
    assert!(std::fs::set_permissions("{CANARY}", open).is_err(), "reached");
}
