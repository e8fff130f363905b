//! The addresses to listen on, as an operator writes them.

use std::fmt;
use std::io::{Error, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::str::FromStr;

/// Addresses of which the first that this machine has is listened on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listen {
    text: String,
    addresses: Vec<SocketAddr>,
}

impl Listen {
    /// Returns a free port that this machine alone can reach.
    pub(crate) fn loopback() -> Self {
        SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()
    }

    /// Listens. An address that is in use, or may not be used, is an error; one that this machine lacks, as IPv6 may be, is
    /// passed over.
    pub(crate) fn bind(&self) -> std::io::Result<TcpListener> {
        let mut missing = Error::from(ErrorKind::AddrNotAvailable);
        for address in &self.addresses {
            match TcpListener::bind(address) {
                Err(error) if !matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied) => {
                    missing = error;
                }
                bound => return bound,
            }
        }
        Err(missing)
    }

    /// Listens, or explains in the error what to do.
    pub(crate) fn bind_or_explain(&self) -> anyhow::Result<TcpListener> {
        self.bind().map_err(|error| {
            anyhow::anyhow!("can't listen on {self}: {error}; `--listen` names another address")
        })
    }

    /// Returns the addresses at which a server of this machine may be reached, the likeliest first.
    pub(crate) fn reachable(&self) -> impl Iterator<Item = SocketAddr> {
        self.addresses.iter().map(|address| {
            let ip = match address.ip() {
                IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
                ip => ip,
            };
            SocketAddr::new(ip, address.port())
        })
    }
}

impl From<SocketAddr> for Listen {
    fn from(address: SocketAddr) -> Self {
        Self { text: address.to_string(), addresses: vec![address] }
    }
}

impl FromStr for Listen {
    type Err = ();

    /// Parses an address and a port, a host name and a port, or a port alone after a colon, which means every address.
    fn from_str(text: &str) -> Result<Self, ()> {
        let addresses = if let Ok(address) = text.parse::<SocketAddr>() {
            vec![address]
        } else {
            let (host, port) = text.rsplit_once(':').ok_or(())?;
            let port: u16 = port.parse().map_err(drop)?;
            let both = |v4: Ipv4Addr, v6: Ipv6Addr| [(v4, port).into(), (v6, port).into()];
            match host {
                // Where there is IPv6, its unspecified address takes connections by IPv4 too.
                "" => both(Ipv4Addr::UNSPECIFIED, Ipv6Addr::UNSPECIFIED).into_iter().rev().collect(),
                // Images without /etc/hosts know it too.
                "localhost" => both(Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST).into(),
                name => (name, port).to_socket_addrs().map_err(drop)?.collect(),
            }
        };
        Ok(Self { text: text.to_owned(), addresses })
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(text: &str) -> Vec<String> {
        text.parse::<Listen>().unwrap().addresses.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_name_and_a_port_alone_mean_addresses_of_this_machine() {
        assert_eq!(addresses("127.0.0.1:3020"), ["127.0.0.1:3020"]);
        assert_eq!(addresses("[::1]:3020"), ["[::1]:3020"]);
        assert_eq!(addresses("localhost:3020"), ["127.0.0.1:3020", "[::1]:3020"]);
        assert_eq!(addresses(":3020"), ["[::]:3020", "0.0.0.0:3020"]);
    }

    #[test]
    fn a_text_without_a_port_is_no_address() {
        for text in
            ["", "here", "localhost", "localhost:", ":", ":http", ":99999", "127.0.0.1", "3020", "::1"]
        {
            assert_eq!(text.parse::<Listen>(), Err(()), "{text}");
        }
    }

    #[test]
    fn an_address_that_is_in_use_is_not_passed_over() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let listen: Listen = format!("localhost:{}", taken.local_addr().unwrap().port()).parse().unwrap();
        assert_eq!(listen.bind().unwrap_err().kind(), ErrorKind::AddrInUse);
        assert!(listen.bind_or_explain().unwrap_err().to_string().contains("--listen"));
    }
}
