// The limits of shared links, apart from the contract: a wallet needs them, and not the schemas.

/** The specification asks for 256 bits. */
export const LINK_ID_BYTES = 32;
export const MAX_LINK_BYTES = 5_000_000;
export const LINK_ATTEMPTS = 5;
/** A link ends on a full hour, so that its row tells little about the moment in which it was made. */
export const LINK_END_STEP_SECONDS = 3600;
export const MAX_LINK_SECONDS = 366 * 86_400;
export const EXPIRES_HEADER = "symbolon-expires";
export const PASSCODE_HEADER = "symbolon-passcode";
/** salt 16 | PBKDF2-HMAC-SHA-256 of the passcode, 32 */
export const VERIFIER_BYTES = 48;
