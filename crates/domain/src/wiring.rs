//! The macro that gives use cases their ports.

/// Declares the use cases of a concept: a field for each, built from the ports of the store and from others, by their names,
/// and from other values; or else by an expression.
macro_rules! use_cases {
    ($(#[$about:meta])* $group:ident($ports:ident) {
        $($field:ident: $name:ident
            $({ $($stored:ident),*; $($port:ident),* $(; $($own:ident: $value:expr),*)? })? $(= $made:expr)?,)*
    }) => {
        $(#[$about])*
        #[expect(missing_docs, reason = "each field is named after its type, which is documented")]
        pub struct $group {
            $(pub $field: $name),*
        }

        impl $group {
            /// Builds them from the ports.
            #[must_use]
            pub fn new($ports: &crate::Ports) -> Self {
                Self {
                    $($field: $($name {
                        $($stored: $ports.stored.$stored.clone(),)*
                        $($port: $ports.$port.clone(),)*
                        $($($own: $value),*)?
                    })? $($made)?),*
                }
            }
        }
    };
}
pub(crate) use use_cases;
