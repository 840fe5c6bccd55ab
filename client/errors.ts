// The one error of the SDK: SymbolonError, with a stable code, a sentence that a person can read, and the cause.
//
//   code      one of SymbolonCode. Programs decide by it. A code never changes its meaning
//   message   the sentence of the table below, and behind it the detail if there is one. For people and logs
//   detail    which trustee, which epoch, which path: the part of the message that differs from case to case
//   cause     the error underneath, for example a CodecError of protocol/
//
// A subclass narrows `code` to its own group of the table, and may carry more data (ApiError.status,
// RequesterError.trustees). Everything that an application can meet is thrown as a SymbolonError. RangeError and
// TypeError remain for misuse that the types already forbid. Errors of the application's own store, channel store or
// authenticator pass through unchanged.

/** Codes of ApiError. All but the last three are codes of problem documents (RFC 9457) that a role sent. */
const API = {
  malformed: "The server could not read the request.",
  "unknown-version": "The server does not support this version of the document.",
  "credential-refused": "The server did not accept the credential.",
  "token-refused": "The server did not accept the access token.",
  "insufficient-scope": "The access token does not cover this request.",
  "clock-skew": "A clock is wrong, or the message is too old.",
  forbidden: "This key may not do that.",
  "not-found": "The server has nothing under this name.",
  "method-not-allowed": "This path does not take that method.",
  "not-acceptable": "The server has no answer of the content type that was asked for.",
  conflict: "This contradicts what the server already stores.",
  "in-progress": "The server is still working on the same request.",
  expired: "This has expired or was erased.",
  "too-large": "The request is larger than the server allows.",
  "unsupported-media-type": "The server does not accept this type of content.",
  "range-not-satisfiable": "The body has no such range of bytes.",
  "not-allowed-now": "The server understood the request, but it is not possible in this state.",
  "too-many": "There were too many requests. Try again later.",
  unavailable: "A part of the system did not answer. Try again; nothing was lost.",
  misconfigured: "The deployment is not configured correctly.",
  internal: "Something went wrong on the server.",
  unreachable: "The server could not be reached, or the connection broke.",
  "unreadable-answer": "The server's answer is not JSON.",
  "unknown-problem": "The server refused for a reason that this version of the SDK does not know.",
} as const;

/** Codes of SymbolonError itself, which no subclass uses. */
const GENERAL = {
  "bad-id": "This is not an identifier of the expected length in lower-case hex.",
  "bad-answer": "A server's answer cannot be decoded.",
  "bad-keys": "The clinic's stored keys cannot be used.",
  "bad-state": "The stored state of this application is damaged.",
  "no-such-session": "This wallet has no such session.",
  "no-such-client": "This clinic has no such client whose keys are registered inline.",
  "no-such-record": "There is no such record in this session.",
  "no-such-chunk": "The order has fewer chunks.",
  "no-channel": "A recovered session has neither its check-in nor a message channel: both stayed on the lost phone.",
  "no-websocket": "This platform has no WebSocket. Node has one from version 22 on.",
  "substituted-blob": "The service handed out another blob than the one this clinic filed.",
} as const;

const PARAMETERS = {
  "no-parameters": "No parameters are known for this month.",
  "two-parameters": "Two parameters documents cover the same month.",
  "contradicting-parameters": "The registrar serves other parameters than those already believed.",
  "unlogged-parameters": "The registrar gave this app parameters that are not in the public log.",
  "late-parameters": "Parameters were put into the log after their first month had begun.",
  "stale-parameters":
    "The registrar's proof from the public log is too old, or this device's clock is wrong. Try again later.",
  "untrusted-parameters": "The parameters are not signed by the keys that this app trusts.",
} as const;

const CHECK_IN = {
  "bad-invitation": "This invitation cannot be read.",
  "wrong-service": "This invitation was not made by the clinic that it names.",
  "old-card":
    "The clinic's card is not the one it asks under, or is not good at this time. Ask the clinic for a new invitation.",
  "other-policy": "The clinic asks for other things than its card says.",
  "no-such-words": "No clinic shows these six words just now. They are mistyped, or their time is over.",
  "stale-challenge": "This invitation is too old, or this phone's clock is wrong.",
  "foreign-parameters": "The clinic uses parameters that this app does not know.",
  "no-credential": "This wallet has no credential for this month. Connect to renew it, then try again.",
  "old-credential": "This wallet's pass is older than it shows without the person's consent.",
  "not-entitled": "The clinic asks for something that this patient is not entitled to.",
  "no-slot-left": "All visits of this month are used up.",
  "check-in-refused": "The service did not accept the check-in.",
  "bad-receipt": "The receipt does not confirm this check-in.",
} as const;

const REGISTRATION = {
  "not-recorded": "The registrar did not record this phone.",
  "other-registration": "This wallet belongs to another registration.",
  "record-changed": "The registrar's answer differs from the one that the person confirmed.",
  "no-earlier-phone": "This wallet was restored, but the registrar shows no earlier phone of these recovery words.",
  "not-enrolled": "This wallet is not enrolled for that month yet.",
  "bad-enrolment": "The registrar's answer to the enrolment cannot be used.",
  "bad-registrations": "The registrar's list of this person's phones cannot be used.",
  "bad-credential": "The registrar issued a credential that does not verify.",
} as const;

const RECOVERY_WORDS = {
  "words-count": "These are not 24 recovery words.",
  "words-unknown": "Some of these words are not in the word list.",
  "words-checksum": "Each word exists, but these are not the words of a wallet in this order.",
} as const;

const LOG = {
  "log-broken": "The log contradicts itself, or what this reader saw before.",
  "log-stale":
    "The log has not been confirmed lately, so newer entries may be hidden. Try again later, or from another network.",
  "bad-log-key": "The pinned keys of the log or its witnesses cannot be read.",
} as const;

const SESSION = {
  "bad-check-in": "This is not a check-in that can be read.",
  "foreign-challenge": "This check-in does not answer a challenge of this clinic.",
  "bad-presentation": "The presentation of this check-in does not verify.",
  "stale-check-in": "This check-in answers an invitation that is too old, or the clinic's clock is wrong.",
  "misfiled-session": "The service handed out another session than the one asked for.",
} as const;

const VISIT_CARD = {
  "bad-card": "This is not a whole visit card, or this app cannot read it.",
  "unknown-card": "No visit of this clinic has this card.",
  "card-expired": "The time of this visit card is over.",
  "card-not-open": "A visit has a card only while it is open, and on the device that checked in.",
} as const;

const CHAIN = {
  "bad-manifest": "A manifest of the session cannot be read or is not signed.",
  "foreign-manifest": "A manifest belongs to another clinic or session.",
  "broken-chain": "The session's chain of manifests has a gap.",
  "unknown-target": "A manifest refers to a record that is not in the session.",
} as const;

const RECORD = {
  "record-header": "This file is not a sealed record.",
  "record-not-for-you": "The record is not sealed to this key.",
  "record-altered": "The record is not what was sealed.",
  "record-key": "A record can be sealed to and opened with post-quantum hybrid age keys only.",
} as const;

const PADDING = { "bad-padding": "The padding is not the one form that this SDK writes." } as const;

const FRAME = {
  "frame-malformed": "This is not a frame for this end of the channel.",
  "frame-altered": "The frame was altered, or belongs to another channel.",
  "frame-replayed": "The frame was received before.",
  "frame-too-old": "The frame is older than the replay window.",
  "frame-limit": "The channel has used up its frame numbers.",
} as const;

const STORE = { "other-window": "Another window of this wallet wrote meanwhile." } as const;

const COPY = {
  "copied-store":
    "This app's data is a copy, or was restored from a backup. Enrol this phone again at the desk. Your records stay readable.",
} as const;

const CHANNEL = { "channel-setup": "The message channel cannot be set up." } as const;

/** Codes of RequesterError: an application can tell from them what a person should do next. */
const REQUESTER = {
  certificate: "The requester's certificate is not valid for these keys under the pinned registrar.",
  trustees: "The trustees' key set or cards do not verify under the pinned keys.",
  subject: "The subject of the order does not verify, or does not fit this kind of order.",
  scope: "The order asks for something that no trustee would give.",
  "saved-order": "The saved order cannot be read.",
  "awaiting-approvals": "Not enough officers have decided yet.",
  "order-refused": "So many officers refused that the order can no longer be approved.",
  "order-expired": "The order has expired.",
  stuck: "The escrow does not carry the case on.",
  "wrong-answer": "A signed answer of a trustee is not what it must be.",
  "wrong-share": "A trustee's share does not verify.",
  "results-differ": "The members of the approving set found different sessions.",
  "wrong-proofs": "The escrow does not prove that the case was approved and logged, and that the patient has a notice.",
  "wrong-identity": "The registrar answered with a contract or identity of somebody else.",
} as const;

const OFFICER = {
  "other-decision": "The trustee's Worker answered with another decision than the officer made.",
  "other-review": "The trustee's Worker shows another order than the signed one.",
  "other-dossier": "The dossier that the trustee's Worker shows does not belong to this order.",
  "no-dossier": "This case has no dossier for this trustee any more.",
  "bad-order": "The order of this case cannot be read or is not signed.",
  "no-passkey": "No passkey was used.",
  "wrong-progress": "A decision that the trustee's Worker shows does not verify.",
  "order-not-logged": "The public log does not prove that it has this order.",
} as const;

const CEREMONY = {
  complaint: "A trustee complains of another in the key ceremony. People must settle it, then run a new one.",
  "key-sets-differ": "The trustees hold different key sets.",
  "bad-key-set": "The key set or the trustees' cards do not verify under the pinned identity keys.",
  "bad-ceremony-message": "A trustee's message of the key ceremony cannot be read.",
} as const;

const DESK = {
  "bad-code": "This is not a whole enrolment code of the registrar's desk.",
  "bad-clinic-card": "This is not a clinic's card, or its signature does not verify.",
  "bad-requester-keys": "These are not the public keys of a requester.",
  "bad-passkey": "This is not the registration of an officer's passkey.",
} as const;

const FHIR = {
  "wrong-encoding": "The content is not UTF-8 text.",
  "not-json": "The content is not JSON.",
  "too-deep": "The content is nested too deeply.",
  "duplicate-member": "A member stands twice in one object.",
  "patient-too-often": "The content names the patient too often.",
  "bad-member": "An object has a member that FHIR does not have.",
  "not-a-bundle": "The content is JSON, but not a FHIR Bundle.",
  "nested-bundle": "The Bundle holds another Bundle.",
  "bad-entry": "An entry of the Bundle is not valid.",
  "bad-date": "A date is not a FHIR date.",
  "no-patient": "There is no Patient.",
  "several-patients": "There is more than one Patient.",
  unreadable: "The file or directory cannot be read.",
} as const;

const IDENTITY = {
  "identity-found": "The resources still name the patient. Nothing was sealed.",
} as const;

const APP_BUILD = {
  "bad-build": "This address does not serve a whole build of an app.",
  "no-admin-key": "The deployment does not name the administrator's key, so no build can be believed.",
} as const;

const SHARE_LINK = {
  "link-malformed": "This is not a SMART Health Link.",
  "link-unsupported": "This link has a version that this app does not know.",
  "link-expired": "The time of this link is over.",
  "link-ended": "There is nothing under this link: it was revoked, or it has expired.",
  "passcode-wrong": "This is not the passcode of the link.",
  "link-unreadable": "The contents of this link cannot be opened.",
  "share-too-large": "This is too large to be shared by a link.",
} as const;

/**
 * Each error class with its codes, and the sentence of each code. No code stands in two groups
 * (test/client/errors.test.ts).
 */
export const ERROR_GROUPS = {
  SymbolonError: GENERAL,
  ApiError: API,
  ParametersError: PARAMETERS,
  CheckInError: CHECK_IN,
  RegistrationError: REGISTRATION,
  RecoveryWordsError: RECOVERY_WORDS,
  LogError: LOG,
  SessionError: SESSION,
  VisitCardError: VISIT_CARD,
  ChainError: CHAIN,
  RecordError: RECORD,
  PaddingError: PADDING,
  FrameError: FRAME,
  ChannelSetupError: CHANNEL,
  StoreConflictError: STORE,
  CopiedStoreError: COPY,
  RequesterError: REQUESTER,
  OfficerError: OFFICER,
  CeremonyError: CEREMONY,
  DeskError: DESK,
  FhirInputError: FHIR,
  IdentityFoundError: IDENTITY,
  ShareLinkError: SHARE_LINK,
  AppBuildError: APP_BUILD,
} as const;

/** The codes of one error class: `CodeOf<"ApiError">`. */
export type CodeOf<Class extends keyof typeof ERROR_GROUPS> = Extract<keyof (typeof ERROR_GROUPS)[Class], string>;
/** Every code that a SymbolonError can have. */
export type SymbolonCode = { [Class in keyof typeof ERROR_GROUPS]: CodeOf<Class> }[keyof typeof ERROR_GROUPS];

/** The sentence of each code. */
export const ERROR_SENTENCES: Readonly<Record<SymbolonCode, string>> = {
  ...GENERAL,
  ...API,
  ...PARAMETERS,
  ...CHECK_IN,
  ...REGISTRATION,
  ...RECOVERY_WORDS,
  ...LOG,
  ...SESSION,
  ...VISIT_CARD,
  ...CHAIN,
  ...RECORD,
  ...PADDING,
  ...FRAME,
  ...CHANNEL,
  ...STORE,
  ...COPY,
  ...REQUESTER,
  ...OFFICER,
  ...CEREMONY,
  ...DESK,
  ...FHIR,
  ...IDENTITY,
  ...SHARE_LINK,
  ...APP_BUILD,
};

export interface SymbolonErrorOptions {
  readonly cause?: unknown;
  /** the whole message, where the table's sentence would say less */
  readonly message?: string;
}

/**
 * Every error of the SDK. `code` is stable and is what a program looks at; `message` is for people.
 *
 * @example
 * catch (error) {
 *   if (error instanceof SymbolonError && error.code === "unreachable") tryLater();
 *   else throw error;
 * }
 */
export class SymbolonError<C extends SymbolonCode = SymbolonCode> extends Error {
  override name = "SymbolonError";
  readonly code: C;
  /** the part of the message that differs from case to case */
  readonly detail: string | undefined;

  constructor(code: C, detail?: string, { cause, message }: SymbolonErrorOptions = {}) {
    const sentence = ERROR_SENTENCES[code];
    const whole = detail === undefined ? sentence : `${sentence.replace(/\.$/, "")}: ${detail}`;
    super(message ?? whole, cause === undefined ? undefined : { cause });
    this.code = code;
    this.detail = detail;
  }
}

/** The text of an error underneath, for the detail of the one above. */
export const textOfCause = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/**
 * Runs `act`. If it throws a SymbolonError, that one goes on. If it throws anything else, the error that `refuse` makes
 * is thrown in its place.
 */
export function translate<T>(act: () => T, refuse: (cause: unknown) => SymbolonError): T {
  try {
    return act();
  } catch (cause) {
    throw cause instanceof SymbolonError ? cause : refuse(cause);
  }
}

/** `translate` for work that waits. */
export async function translateAsync<T>(act: () => Promise<T>, refuse: (cause: unknown) => SymbolonError): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    throw cause instanceof SymbolonError ? cause : refuse(cause);
  }
}

/** Decodes a server's answer. @throws SymbolonError bad-answer */
export const decodeAnswer = <T>(what: string, decode: () => T): T =>
  translate(decode, (cause) => new SymbolonError("bad-answer", `${what} (${textOfCause(cause)})`, { cause }));
