// Every domain separation label of Symbolon, in one place.
// All labels start with the same prefix and end with a dot, so no label is a prefix of another; a test checks this.
// A new meaning gets a new label, and no label is ever used for a second meaning.

const V1 = "SYMBOLON-V1-";

/** The labels, by the name under which the code uses them. */
export const LABELS = {
  // hash to curve and hash to scalar
  fixedG1: `${V1}FIXED-G1.`,
  tagG2: `${V1}H2-TAG.`,
  handleG2: `${V1}H2V.`,
  noticeG2: `${V1}H2-NOTICE.`,
  continuityG2: `${V1}H2-CONTINUITY.`,
  attribute: `${V1}ATTRIBUTE.`,
  bbsApi: `${V1}BBS-API.`,
  // sigma proofs: one label per relation
  enrol: `${V1}PROOF-ENROL.`,
  refresh: `${V1}PROOF-REFRESH.`,
  present: `${V1}PROOF-PRESENT.`,
  continuity: `${V1}PROOF-CONTINUITY.`,
  shareKeyPossession: `${V1}PROOF-POSSESSION.`,
  linkShare: `${V1}PROOF-LINK-SHARE.`,
  traceShare: `${V1}PROOF-TRACE-SHARE.`,
  recordShare: `${V1}PROOF-RECORD-SHARE.`,
  noticeShare: `${V1}PROOF-NOTICE-SHARE.`,
  tdh2: `${V1}PROOF-TDH2.`,
  // hashes
  batchCoefficients: `${V1}XOF-COEFFICIENTS.`,
  tagHash: `${V1}HASH-TAG.`,
  tid: `${V1}HASH-TID.`,
  indexValue: `${V1}HASH-INDEX.`,
  paramsHash: `${V1}HASH-PARAMETERS.`,
  credentialHeader: `${V1}HASH-CREDENTIAL-HEADER.`,
  serviceId: `${V1}HASH-SERVICE.`,
  identity: `${V1}HASH-IDENTITY.`,
  contract: `${V1}HASH-CONTRACT.`,
  presentation: `${V1}HASH-PRESENTATION.`,
  challenge: `${V1}HASH-CHALLENGE.`,
  requester: `${V1}HASH-REQUESTER.`,
  order: `${V1}HASH-ORDER.`,
  approval: `${V1}HASH-APPROVAL.`,
  checkpoint: `${V1}HASH-CHECKPOINT.`,
  traceSubject: `${V1}HASH-TRACE-SUBJECT.`,
  assembleSubject: `${V1}HASH-ASSEMBLE-SUBJECT.`,
  caseContext: `${V1}HASH-CASE.`,
  manifest: `${V1}HASH-MANIFEST.`,
  stanza: `${V1}HASH-STANZA.`,
  keySet: `${V1}HASH-KEYSET.`,
  ceremonyCommit: `${V1}HASH-CEREMONY-COMMIT.`,
  ceremonyTranscript: `${V1}HASH-CEREMONY-TRANSCRIPT.`,
  notice: `${V1}MAC-NOTICE.`,
  reportUuid: `${V1}HASH-REPORT-UUID.`,
  // key derivation
  walletRoot: `${V1}KDF-WALLET.`,
  holderSecrets: `${V1}KDF-HOLDER.`,
  credentialBlinding: `${V1}KDF-BLINDING.`,
  sessionSeed: `${V1}KDF-SESSION.`,
  hybridSeal: `${V1}KDF-HYBRID.`,
  tdh2Key: `${V1}KDF-TDH2.`,
  noticeKey: `${V1}KDF-NOTICE.`,
  messageInfo: `${V1}HPKE-MESSAGES.`,
  messageKey: `${V1}HPKE-FRAMES.`,
  replyKey: `${V1}HPKE-REPLY.`,
  trusteeSeed: `${V1}KDF-TRUSTEE.`,
  hybridGroupSeed: `${V1}KDF-GROUP.`,
  // signatures (Ed25519): one label per kind of document
  signRequest: `${V1}SIGN-REQUEST.`,
  signParameters: `${V1}SIGN-PARAMETERS.`,
  signServiceCard: `${V1}SIGN-SERVICE.`,
  signChallenge: `${V1}SIGN-CHALLENGE.`,
  signReceipt: `${V1}SIGN-RECEIPT.`,
  signManifest: `${V1}SIGN-MANIFEST.`,
  signDossier: `${V1}SIGN-DOSSIER.`,
  signRequester: `${V1}SIGN-REQUESTER.`,
  signOrder: `${V1}SIGN-ORDER.`,
  signResult: `${V1}SIGN-RESULT.`,
  signTrustee: `${V1}SIGN-TRUSTEE.`,
  signPart: `${V1}SIGN-PART.`,
  signNotice: `${V1}SIGN-NOTICE.`,
  signCeremony: `${V1}SIGN-CEREMONY.`,
} as const;

export type Label = (typeof LABELS)[keyof typeof LABELS];
