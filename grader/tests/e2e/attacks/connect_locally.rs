// Connects to other programs of the machine.
// verdict: passed

fn attack() {
    use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
    
    assert!(UnixDatagram::unbound().is_err(), "made a socket");
    assert!(UnixStream::pair().is_err(), "made a pair");
    assert!(UnixListener::bind("/tmp/gradlings-socket").is_err(), "listened");
    assert!(UnixStream::connect("/run/systemd/notify").is_err(), "connected");
}
