// Connects to anybody.
// verdict: passed

fn attack() {
    use std::net::{TcpListener, TcpStream, UdpSocket};
    
    assert!(TcpStream::connect("127.0.0.1:9").is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied));
    assert!(TcpListener::bind("127.0.0.1:0").is_err(), "listened");
    assert!(UdpSocket::bind("127.0.0.1:0").is_err(), "bound");
}
