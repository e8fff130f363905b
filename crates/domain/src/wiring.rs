//! The macro that gives use cases their ports.

/// Builds a use case whose fields are clones of the ports of the same names; after a semicolon, those of other values.
macro_rules! use_case {
    ($name:ident { $($port:ident),* $(; $($field:ident: $value:expr),*)? }) => {
        $name { $($port: $port.clone(),)* $($($field: $value),*)? }
    };
}
pub(crate) use use_case;
