//! Who is calling, and which token goes where (spec, auth 3 and 10).

pub mod claims;
pub mod gate;
pub mod store;
pub mod tokens;
pub mod verifier;

pub use claims::{Caller, Claims, Principal, VerifiedToken};
pub use gate::{Denial, Gate, TenantAccess};
pub use store::{StoreKey, TokenStore};
pub use tokens::SessionTokens;
pub use verifier::{TokenRefused, TokenVerifier};

/// Start of every answer to a caller who has no usable token.
pub const NOT_AUTHENTICATED: &str = "Not authenticated. Log in via your MCP client's OAuth flow (e.g. /mcp in Claude Code), or call the 'authenticate' tool for the device-code flow.";

/// OAuth client of the device flow and of the token exchange.
pub const DEVICE_CLIENT: &str = "octo-mcpServices-device";
