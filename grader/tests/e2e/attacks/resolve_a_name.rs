// Asks for an address.
// verdict: passed

fn attack() {
    use std::net::ToSocketAddrs;
    
    assert!(("localhost", 80).to_socket_addrs().is_err(), "resolved");
}
