// The one tolerance of clocks. Two machines may differ by this much, and everything between them still works.
//
// The tolerance of a deployment is `challengeWindowSeconds` of the parameters that cover the receiver's own month. A
// receiver that has no parameters yet takes the default. Receivers judge the time that a message itself claims, before
// they look at a signature or a credential. So a refusal because of a clock tells nothing about either.

/** The header that carries the settable clock of local stage. Production ignores it. */
export const CLOCK_HEADER = "symbolon-clock";

/** The default of Parameters.challengeWindowSeconds. */
export const CLOCK_TOLERANCE_SECONDS = 600;
/** No parameters allow more. */
export const MAX_CLOCK_TOLERANCE_SECONDS = 86_400;
