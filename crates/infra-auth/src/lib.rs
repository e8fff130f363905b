//! infra-auth
