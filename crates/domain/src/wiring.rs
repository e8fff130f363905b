//! The macro that gives use cases their ports.

/// Builds a use case whose fields are clones of the ports of the same names.
macro_rules! use_case {
    ($name:ident { $($port:ident),* }) => { $name { $($port: $port.clone()),* } };
}
pub(crate) use use_case;
